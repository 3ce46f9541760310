"""An RTSP server on loopback, by GStreamer: plays each given file for ever, under its name without the ending.

    python3 rtsp_server.py --port 8554 demo/junction.mp4     is     rtsp://127.0.0.1:8554/junction
    python3 rtsp_server.py --check                           says what is missing, and fails then

A file is MP4 with H.264. It is sent as it lies there, never encoded anew, and times go on rising from one round to the
next: a client sees one stream without end. Every client starts at the first picture, which is a key frame.

Prints {"port": n} on a line of its own once it listens. Ends when its standard input does, whatever it is at then, so
that it never outlives the process that holds the other end.
"""

import argparse
import json
import os
import threading
from pathlib import Path

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
except (ImportError, ValueError) as missing:
    raise SystemExit(str(missing))

ELEMENTS = ("filesrc", "appsrc", "appsink", "qtdemux", "h264parse", "rtph264pay", "rtpbin", "udpsink")
H264 = "video/x-h264,stream-format=byte-stream,alignment=au"
APPSRC = f"appsrc name=src format=time block=false max-bytes=200000 caps={H264}"
PAY = "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
ERROR_POLL_NS = 50 * 1000 * 1000
STDIN = 0


def end_with_stdin():
    """From now on, this process ends when its standard input does."""

    def watch():
        while os.read(STDIN, 4096):
            pass
        os._exit(0)  # at once: streams that are under way have nothing to lose

    threading.Thread(target=watch, daemon=True).start()


def missing_elements():
    Gst.init(None)
    return [name for name in ELEMENTS if not Gst.ElementFactory.find(name)]


def access_units(source, configure=None):
    """The coded pictures a pipeline yields: (bytes, pts, dts) each, in decode order, times in ns from 0.

    Raises ValueError with GStreamer's words when the pipeline fails.
    """
    pipeline = Gst.parse_launch(f"{source} ! h264parse config-interval=-1 ! {H264} ! appsink name=out sync=false")
    if configure:
        configure(pipeline)
    out = pipeline.get_by_name("out")
    bus = pipeline.get_bus()
    pipeline.set_state(Gst.State.PLAYING)
    units = []
    while True:
        sample = out.emit("try-pull-sample", ERROR_POLL_NS)
        if not sample:
            # what fails may send no end: whoever only pulled would wait for ever
            if error := bus.pop_filtered(Gst.MessageType.ERROR):
                pipeline.set_state(Gst.State.NULL)
                raise ValueError(error.parse_error()[0].message)
            if out.get_property("eos"):
                break
            continue
        buffer = sample.get_buffer()
        data = buffer.extract_dup(0, buffer.get_size())
        pts = buffer.pts if buffer.pts != Gst.CLOCK_TIME_NONE else buffer.dts
        dts = buffer.dts if buffer.dts != Gst.CLOCK_TIME_NONE else pts
        units.append((data, pts, dts))
    pipeline.set_state(Gst.State.NULL)
    first = min((dts for _, _, dts in units), default=0)
    return [(data, pts - first, dts - first) for data, pts, dts in units]


def clip_units(path):
    def configure(pipeline):
        # as a property: a path may hold what a pipeline's text would take for its own
        pipeline.get_by_name("file").set_property("location", str(path))

    try:
        units = access_units("filesrc name=file ! qtdemux", configure)
    except ValueError as failure:
        raise SystemExit(f"cannot serve {path}: expected an MP4 file with H.264 ({failure})")
    if len(units) < 2:
        raise SystemExit(f"cannot serve {path}: expected an MP4 file with H.264 of two pictures or more")
    return units


def frame_ns(units):
    """The time from one picture to the next."""
    return round(units[-1][2] / (len(units) - 1))


def feed(appsrc, units, once=False):
    """Hands over the pictures one by one, for ever, with times that go on rising from one round to the next."""
    place = {"at": 0, "round": 0}
    duration = frame_ns(units)

    def need(src, _size):
        if place["at"] == len(units):
            if once:
                return
            place["at"], place["round"] = 0, place["round"] + 1
        data, pts, dts = units[place["at"]]
        place["at"] += 1
        offset = place["round"] * len(units) * duration
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.dts, buffer.duration = pts + offset, dts + offset, duration
        src.emit("push-buffer", buffer)

    appsrc.connect("need-data", need)


def factory(launch, configure=None, shared=False):
    """What answers for a mount: `launch` describes its pipeline, `configure` is given it for each client."""
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(f"( {launch} )")
    made.set_shared(shared)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    if configure:
        made.connect("media-configure", lambda _, media: configure(media.get_element()))
    return made


def playing(units, shared=False, once=False):
    return factory(f"{APPSRC} ! {PAY}", lambda element: feed(element.get_by_name("src"), units, once), shared)


def serve(port, mounts, auth=None):
    """Serves the factories of `mounts` by their paths, for ever."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    if auth:
        server.set_auth(auth)
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
    parser.add_argument("--check", action="store_true", help="only say whether everything is there")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    if not options.check:
        end_with_stdin()  # first of all: GStreamer may be long at a clip, or at its plugins
    if missing := missing_elements():
        raise SystemExit(f"GStreamer has no {', '.join(missing)}")
    if not options.check:
        serve(options.port, {f"/{file.stem}": playing(clip_units(file)) for file in options.files})
