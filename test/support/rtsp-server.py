"""A real RTSP camera for tests, with every fault that tests ask for: the demo's RTSP server with mounts of its own.

Listens, loops and ends as src/demo/rtsp_server.py does. Mounts:
  /clip      the clip, looped without re-encoding; every client starts at its first key frame
  /shared    the same, one stream for all clients: a newcomer joins between two key frames
  /secret    as /clip, for user:pass only (authentication: --auth)
  /audio     audio only
  /both      audio and video
  /changing  640x360 for two seconds, then 320x240 for two, and again
  /stall     sends two seconds of video, then stays connected and sends no more
  /still     320x240: a square at the left edge that stands still for three seconds, then moves 8 pixels a
             picture to the right for ten pictures and back again, and so on; a key frame each second
  /hevc      H.265, 320x240
  /mjpeg     JPEG pictures, 320x240
  /clock     every picture carries the wall clock at which it was made, in milliseconds modulo 2^32,
             as 32 blocks of 40x40 pixels (4 rows of 8, most significant bit first; white is 1) on 320x160
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "src" / "demo"))
from rtsp_server import (  # noqa: E402
    APPSRC,
    PAY,
    GLib,
    Gst,
    GstRtsp,
    GstRtspServer,
    access_units,
    clip_units,
    end_with_stdin,
    factory,
    feed,
    frame_ns,
    playing,
    serve,
)

FRAME_NS = Gst.SECOND // 25
# one slice a picture: the payloader would put parameter sets between the slices of a key frame
X264 = "x264enc tune=zerolatency sliced-threads=false threads=1 speed-preset=veryfast key-int-max=25"


def test_picture(width, height, frames):
    """`frames` pictures of a moving ball at 25 a second, a key frame each second."""
    return access_units(
        f"videotestsrc num-buffers={frames} pattern=ball ! video/x-raw,format=I420,width={width},height={height},"
        f"framerate=25/1 ! {X264} bitrate=1000"
    )


def still_picture(place):
    """320x240 I420: grey, with a patterned square of 40x40 at `place`; the pattern is another at each place."""
    luma = bytearray(b"\x60" * (320 * 240))
    pattern = random.Random(place)
    for row in range(100, 140, 4):
        line = b"".join(bytes([pattern.randrange(150, 240)]) * 4 for _ in range(10))
        for y in range(row, row + 4):
            luma[y * 320 + place : y * 320 + place + 40] = line
    return bytes(luma) + b"\x80" * (320 * 240 // 2)


def still_units():
    """One round of /still."""
    places = [0] * 75 + [8 * n for n in range(1, 11)] + [8 * n for n in range(9, 0, -1)] + [0] * 6
    frames = (still_picture(place) for place in places)

    def push(src, _size):
        frame = next(frames, None)
        if frame is None:
            src.emit("end-of-stream")
            return
        buffer = Gst.Buffer.new_wrapped(frame)
        buffer.pts, buffer.duration = push.at * FRAME_NS, FRAME_NS
        push.at += 1
        src.emit("push-buffer", buffer)

    push.at = 0
    caps = "video/x-raw,format=I420,width=320,height=240,framerate=25/1"
    return access_units(
        f"appsrc name=raw format=time caps={caps} ! {X264} bitrate=1000",
        lambda pipeline: pipeline.get_by_name("raw").connect("need-data", push),
    )


def followed_by(units, others):
    at = len(units) * frame_ns(units)
    return units + [(data, pts + at, dts + at) for data, pts, dts in others]


def clock_picture():
    """One 320x160 I420 picture that shows now."""
    now = int(time.time() * 1000) % 2**32
    luma = bytearray()
    for row in range(4):
        line = b"".join((b"\xeb" if now >> (31 - row * 8 - column) & 1 else b"\x10") * 40 for column in range(8))
        luma += line * 40
    return bytes(luma) + b"\x80" * (320 * 160 // 2)


def feed_clock(appsrc):
    def push():
        return appsrc.emit("push-buffer", Gst.Buffer.new_wrapped(clock_picture())) == Gst.FlowReturn.OK

    GLib.timeout_add(40, push)


def guarded(made, secret=False):
    permissions = GstRtspServer.RTSPPermissions()
    for role in ("user", "anonymous"):
        permissions.add_permission_for_role(role, "media.factory.access", True)
        # refused to construct: answered by 401; refused access would be answered by 404
        permissions.add_permission_for_role(role, "media.factory.construct", role == "user" or not secret)
    made.set_permissions(permissions)
    return made


def authentication(method):
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(method)
    user, anonymous = GstRtspServer.RTSPToken(), GstRtspServer.RTSPToken()
    user.set_string("media.factory.role", "user")
    anonymous.set_string("media.factory.role", "anonymous")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("user", "pass"), user)
    auth.add_digest("user", "pass", user)
    auth.set_default_token(anonymous)
    return auth


def cameras(clip):
    units = clip_units(clip) if clip else test_picture(640, 360, 100)
    large, small = test_picture(640, 360, 50), test_picture(320, 240, 50)
    audio = "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name={} pt=8"
    clock = (
        "appsrc name=src is-live=true do-timestamp=true format=time"
        " caps=video/x-raw,format=I420,width=320,height=160,framerate=25/1"
        f" ! {X264} bitrate=2000 ! {PAY}"
    )
    ball = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
    hevc = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! h265parse ! rtph265pay config-interval=-1"
    mounts = {
        "/clip": playing(units),
        "/shared": playing(units, shared=True),
        "/secret": playing(units),
        "/audio": factory(audio.format("pay0")),
        "/both": factory(f"{APPSRC} ! {PAY} {audio.format('pay1')}", lambda it: feed(it.get_by_name("src"), units)),
        "/changing": playing(followed_by(large, small)),
        "/hevc": factory(f"{ball} ! {hevc} name=pay0 pt=96"),
        "/mjpeg": factory(f"{ball} ! jpegenc ! rtpjpegpay name=pay0"),
        "/still": playing(still_units()),
        "/stall": playing(large, once=True),
        "/clock": factory(clock, lambda it: feed_clock(it.get_by_name("src"))),
    }
    return {path: guarded(made, secret=path == "/secret") for path, made in mounts.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--clip", help="an MP4 file with H.264; a generated picture when left out")
    parser.add_argument("--auth", choices=("digest", "basic"), default="digest")
    options = parser.parse_args()
    end_with_stdin()
    Gst.init(None)
    methods = {"digest": GstRtsp.RTSPAuthMethod.DIGEST, "basic": GstRtsp.RTSPAuthMethod.BASIC}
    serve(options.port, cameras(options.clip), authentication(methods[options.auth]))
