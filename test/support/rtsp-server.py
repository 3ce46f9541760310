"""A real RTSP camera for tests: GStreamer's RTSP server on loopback. Plays for ever; end it with any signal.

Prints {"port": n} on a line of its own once it listens. Mounts:
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
import json
import random
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

FRAME_NS = Gst.SECOND // 25
H264 = "video/x-h264,stream-format=byte-stream,alignment=au"
APPSRC = f"appsrc name=src format=time block=false max-bytes=200000 caps={H264}"
# one slice a picture: the payloader would put parameter sets between the slices of a key frame
X264 = "x264enc tune=zerolatency sliced-threads=false threads=1 speed-preset=veryfast key-int-max=25"
PAY = "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"


def access_units(source, configure=None):
    """The coded pictures a pipeline yields: (bytes, pts, dts) each, in decode order, times in ns from 0."""
    pipeline = Gst.parse_launch(f"{source} ! h264parse config-interval=-1 ! {H264} ! appsink name=out sync=false")
    if configure:
        configure(pipeline)
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    while sample := out.emit("pull-sample"):
        buffer = sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        pts = buffer.pts if buffer.pts != Gst.CLOCK_TIME_NONE else buffer.dts
        dts = buffer.dts if buffer.dts != Gst.CLOCK_TIME_NONE else pts
        units.append((data, pts, dts))
    pipeline.set_state(Gst.State.NULL)
    first = min(dts for _, _, dts in units)
    return [(data, pts - first, dts - first) for data, pts, dts in units]


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


def shifted(units, by):
    return [(data, pts + by, dts + by) for data, pts, dts in units]


def span(units):
    return len(units) * FRAME_NS


def feed(appsrc, units, once=False):
    """Hands over the pictures one by one, for ever, with times that go on rising from one round to the next."""
    place = {"at": 0, "round": 0}

    def need(src, _size):
        if place["at"] == len(units):
            if once:
                return
            place["at"], place["round"] = 0, place["round"] + 1
        data, pts, dts = units[place["at"]]
        place["at"] += 1
        offset = place["round"] * span(units)
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.dts, buffer.duration = pts + offset, dts + offset, FRAME_NS
        src.emit("push-buffer", buffer)

    appsrc.connect("need-data", need)


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


def factory(launch, configure=None, shared=False, secret=False):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(f"( {launch} )")
    made.set_shared(shared)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    if configure:
        made.connect("media-configure", lambda _, media: configure(media.get_element()))
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


def serve(port, clip, auth_method):
    units = access_units(f'filesrc location="{clip}" ! qtdemux') if clip else test_picture(640, 360, 100)
    large, small = test_picture(640, 360, 50), test_picture(320, 240, 50)
    changing = large + shifted(small, span(large))

    def play(what, once=False):
        return lambda element: feed(element.get_by_name("src"), what, once)

    audio = "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name={} pt=8"
    clock = (
        "appsrc name=src is-live=true do-timestamp=true format=time"
        " caps=video/x-raw,format=I420,width=320,height=160,framerate=25/1"
        f" ! {X264} bitrate=2000 ! {PAY}"
    )
    ball = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=320,height=240,framerate=25/1"
    hevc = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! h265parse ! rtph265pay config-interval=-1"
    mounts = {
        "/clip": factory(f"{APPSRC} ! {PAY}", play(units)),
        "/shared": factory(f"{APPSRC} ! {PAY}", play(units), shared=True),
        "/secret": factory(f"{APPSRC} ! {PAY}", play(units), secret=True),
        "/audio": factory(audio.format("pay0")),
        "/both": factory(f"{APPSRC} ! {PAY} {audio.format('pay1')}", play(units)),
        "/changing": factory(f"{APPSRC} ! {PAY}", play(changing)),
        "/hevc": factory(f"{ball} ! {hevc} name=pay0 pt=96"),
        "/mjpeg": factory(f"{ball} ! jpegenc ! rtpjpegpay name=pay0"),
        "/still": factory(f"{APPSRC} ! {PAY}", play(still_units())),
        "/stall": factory(f"{APPSRC} ! {PAY}", play(large, once=True)),
        "/clock": factory(clock, lambda element: feed_clock(element.get_by_name("src"))),
    }
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.set_auth(authentication(auth_method))
    for path, made in mounts.items():
        server.get_mount_points().add_factory(path, made)
    if not server.attach(None):
        raise SystemExit(f"cannot listen on port {port}")
    # clients that vanished are forgotten once a second
    GLib.timeout_add_seconds(1, lambda: server.get_session_pool().cleanup() >= 0)
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--clip", help="an MP4 file with H.264; a generated picture when left out")
    parser.add_argument("--auth", choices=("digest", "basic"), default="digest")
    options = parser.parse_args()
    Gst.init(None)
    methods = {"digest": GstRtsp.RTSPAuthMethod.DIGEST, "basic": GstRtsp.RTSPAuthMethod.BASIC}
    serve(options.port, options.clip, methods[options.auth])
