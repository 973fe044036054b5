#!/usr/bin/python3
"""A camera of GStreamer's making, so that Nightjar is judged by an RTSP server that is not its own.

    /usr/bin/python3 rtsp_camera.py [--clip FILE] [--video CODEC] [--audio CODEC] [--mtu BYTES] [--config-interval N]
                                    [--user NAME --password WORD] [--tls CERTIFICATE_AND_KEY.pem]
                                    [--address ADDRESS] [--multicast INTERFACE] [--b-frames N]

Paths: /clip plays the file, MP4 or Matroska with those codecs, from its beginning to each client, in real time and
without encoding; /live is a test picture without end, of H.264 or H.265, with AAC unless --audio is none.
Needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0 and gstreamer1.0-plugins-{base,good,bad,ugly}, -libav.

Standard output has one JSON object per line:
    {"event": "ready", "port": 40123}
    {"event": "end_of_stream", "path": "/clip", "frames": 250}    access units handed to the packetizer
The process ends when its standard input is closed.
"""

import argparse
import json
import sys
import threading

try:
    import gi

    gi.require_version("Gio", "2.0")
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer
except (ImportError, ValueError) as error:
    print(json.dumps({"event": "missing", "reason": str(error)}), flush=True)
    sys.exit(3)

NEEDED_ELEMENTS = ["videotestsrc", "x264enc", "x265enc", "qtdemux", "matroskademux"]
AAC_ENCODERS = ["avenc_aac", "voaacenc", "faac"]

# From what the demultiplexer gives to RTP. Parsers make each buffer one whole access unit.
VIDEO_PAYLOADERS = {
    "h264": "h264parse ! video/x-h264,alignment=au ! rtph264pay pt=96",
    "h265": "h265parse ! video/x-h265,alignment=au ! rtph265pay pt=96",
    "jpeg": "jpegparse ! rtpjpegpay pt=26",
}
AUDIO_PAYLOADERS = {
    "aac": "aacparse ! rtpmp4gpay pt=97",
    "latm": "aacparse ! rtpmp4apay pt=97",
    "pcmu": "rtppcmupay pt=0",
    "pcma": "rtppcmapay pt=8",
    "opus": "opusparse ! rtpopuspay pt=97",
    "g722": "rtpg722pay pt=9",
    # With force-aal2 it would name one order of bits and send the other.
    "g726": "rtpg726pay pt=97 force-aal2=false",
    "l16": "rtpL16pay pt=97",
}


def say(**message):
    print(json.dumps(message), flush=True)


def needed_elements():
    chains = [*VIDEO_PAYLOADERS.values(), *AUDIO_PAYLOADERS.values()]
    in_chains = [part.split()[0] for chain in chains for part in chain.split(" ! ")]
    return NEEDED_ELEMENTS + sorted({name for name in in_chains if "/" not in name})


def first_aac_encoder():
    return next((name for name in AAC_ENCODERS if Gst.ElementFactory.find(name)), None)


def clip_pipeline(options):
    demuxer = "matroskademux" if options.clip.endswith(".mkv") else "qtdemux"
    video = f"{VIDEO_PAYLOADERS[options.video]} name=pay0 mtu={options.mtu}"
    if options.video != "jpeg":
        video += f" config-interval={options.config_interval}"
    text = (
        f"filesrc location={json.dumps(options.clip)} ! {demuxer} name=demux "
        f"demux.video_0 ! queue ! {video} "
    )
    if options.audio != "none":
        text += f"demux.audio_0 ! queue ! {AUDIO_PAYLOADERS[options.audio]} name=pay1 mtu={options.mtu} "
    return text


def h264_encoder(b_frames):
    latency = f"bframes={b_frames} b-adapt=false rc-lookahead=5" if b_frames else "tune=zerolatency"
    return (
        f"x264enc {latency} speed-preset=ultrafast key-int-max=25 bitrate=800 "
        "! video/x-h264,profile=main ! h264parse ! rtph264pay"
    )


def h265_encoder(b_frames):
    options = f"bframes={b_frames}:rc-lookahead=5:keyint=25:log-level=none"
    return f'x265enc speed-preset=ultrafast bitrate=800 option-string="{options}" ! h265parse ! rtph265pay'


def live_pipeline(audio, encoder):
    text = (
        "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 "
        f"! {encoder} name=pay0 pt=96 config-interval=-1 "
    )
    if audio:
        text += (
            "audiotestsrc is-live=true wave=ticks ! audio/x-raw,rate=48000,channels=1 "
            f"! {audio} ! aacparse ! rtpmp4gpay name=pay1 pt=97 "
        )
    return text


def count_frames(factory, path):
    """Counts distinct time stamps, because the seek of a PLAY request sends the first pictures again."""

    def on_configure(_factory, media):
        seen = set()

        def on_probe(_pad, info):
            if info.type & Gst.PadProbeType.BUFFER:
                seen.add(info.get_buffer().pts)
            elif info.get_event().type == Gst.EventType.EOS:
                say(event="end_of_stream", path=path, frames=len(seen))
            return Gst.PadProbeReturn.OK

        pad = media.get_element().get_by_name("pay0").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM, on_probe)

    factory.connect("media-configure", on_configure)


def send_to_group(factory, interface):
    pool = GstRtspServer.RTSPAddressPool()
    pool.add_range("239.255.7.1", "239.255.7.9", 5000, 5019, 1)
    factory.set_address_pool(pool)
    factory.set_multicast_iface(interface)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP_MCAST)


def add_path(server, path, pipeline, protected, multicast):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {pipeline} )")
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    if multicast:
        send_to_group(factory, multicast)
    if protected:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    count_frames(factory, path)
    server.get_mount_points().add_factory(path, factory)


def demand_digest(auth, user, password):
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)


def protect(server, options):
    """Passwords and TLS are both matters of the server's RTSPAuth; without a password everybody is a viewer."""
    auth = GstRtspServer.RTSPAuth()
    if options.tls:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.tls))
    if options.user is not None:
        demand_digest(auth, options.user, options.password)
    server.set_auth(auth)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clip")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--b-frames", type=int, default=0)
    parser.add_argument("--video", choices=VIDEO_PAYLOADERS, default="h264")
    parser.add_argument("--audio", choices=["none", *AUDIO_PAYLOADERS], default="aac")
    parser.add_argument("--mtu", type=int, default=1400)
    parser.add_argument("--config-interval", type=int, default=-1)
    parser.add_argument("--tls")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--multicast")
    options = parser.parse_args()

    Gst.init(None)
    missing = [name for name in needed_elements() if not Gst.ElementFactory.find(name)]
    encoder = first_aac_encoder()
    if encoder is None:
        missing.append(" or ".join(AAC_ENCODERS))
    if missing:
        say(event="missing", reason="GStreamer has no element " + ", ".join(missing))
        return 3

    server = GstRtspServer.RTSPServer()
    server.set_address(options.address)
    server.set_service("0")
    protected = options.user is not None
    if protected or options.tls:
        protect(server, options)
    audio = None if options.audio == "none" else encoder
    video = (h265_encoder if options.video == "h265" else h264_encoder)(options.b_frames)
    add_path(server, "/live", live_pipeline(audio, video), protected, options.multicast)
    if options.clip:
        add_path(server, "/clip", clip_pipeline(options), protected, options.multicast)
    server.attach(None)

    loop = GLib.MainLoop()

    def wait_for_end_of_input():
        sys.stdin.buffer.read()
        GLib.idle_add(loop.quit)

    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    say(event="ready", port=server.get_bound_port())
    loop.run()
    return 0


sys.exit(main())
