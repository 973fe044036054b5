/** Whose trouble it is: decides who is told, and whether trying again can help. */
export type ErrorClass = 'camera' | 'network' | 'disk' | 'request' | 'setting' | 'bug';

export interface CatalogueEntry {
  readonly class: ErrorClass;
  /** What happened, as one sentence without the particulars. */
  readonly meaning: string;
  /** What the reader should do next. */
  readonly advice: string;
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** Status of an HTTP answer that carries this error. */
  readonly httpStatus: number;
}

/** Every error that Nightjar reports, by its code. `docs/errors.md` is held equal to this table by a test. */
export const errorCatalogue = {
  // Reaching the camera
  camera_unreachable: {
    class: 'network',
    meaning: 'The camera did not answer on the network.',
    advice: 'Check that it has power, that the address and port are right, and that it is on this network.',
    retryable: true,
    httpStatus: 502,
  },
  camera_name_unknown: {
    class: 'network',
    meaning: "The camera's host name could not be resolved.",
    advice: 'Check the spelling, or use the IP address.',
    retryable: true,
    httpStatus: 502,
  },
  camera_refused: {
    class: 'network',
    meaning: 'The camera refused the connection.',
    advice: 'Check the port, and that RTSP is switched on in the camera.',
    retryable: true,
    httpStatus: 502,
  },
  camera_closed: {
    class: 'network',
    meaning: 'The camera closed the connection.',
    advice:
      'Nothing, if it comes back by itself; otherwise see whether the camera restarts or has too many viewers.',
    retryable: true,
    httpStatus: 502,
  },
  camera_timeout: {
    class: 'network',
    meaning: 'The camera did not reply to a request in time.',
    advice: 'Check the load of the camera and of the network.',
    retryable: true,
    httpStatus: 504,
  },
  camera_tls_failed: {
    class: 'network',
    meaning: 'No encrypted connection could be made with the camera.',
    advice:
      'Check that the port is that of RTSP over TLS (usually 322), and update the firmware of the camera: it may know outdated versions of TLS alone.',
    retryable: true,
    httpStatus: 502,
  },
  camera_certificate_unknown: {
    class: 'camera',
    meaning: 'No authority vouches for the certificate of the camera.',
    advice:
      "Compare its SHA-256 fingerprint with the one that the camera's own settings show. If they are equal, trust it: tlsFingerprint of the camera in the API, or --tls-fingerprint of the command.",
    retryable: true,
    httpStatus: 502,
  },
  camera_certificate_changed: {
    class: 'camera',
    meaning: 'The camera shows another certificate than the one that is trusted.',
    advice:
      'Somebody may stand between you and the camera. If the camera was reset, updated or replaced, compare the new fingerprint with the one in its settings and trust that.',
    retryable: true,
    httpStatus: 502,
  },
  camera_authentication: {
    class: 'camera',
    meaning: 'The camera refused the user name or password.',
    advice: 'Enter the right ones for the camera.',
    retryable: true,
    httpStatus: 502,
  },
  camera_authentication_unsupported: {
    class: 'camera',
    meaning: 'The camera asks for a kind of authentication that Nightjar does not know.',
    advice: 'Switch the camera to Digest authentication.',
    retryable: true,
    httpStatus: 502,
  },
  camera_path_not_found: {
    class: 'camera',
    meaning: 'The camera has no stream at this path.',
    advice: "Check the path of the URL in the camera's manual.",
    retryable: true,
    httpStatus: 502,
  },
  camera_address_missing: {
    class: 'camera',
    meaning: 'The address of the camera is not known.',
    advice:
      'Enter the URL of its stream, and the password: they are in no file, so they were lost with the index.',
    retryable: false,
    httpStatus: 502,
  },
  camera_rejected: {
    class: 'camera',
    meaning: 'The camera answered a request with an error.',
    advice: 'See the status in the message; restarting the camera often helps.',
    retryable: true,
    httpStatus: 502,
  },
  range_not_there: {
    class: 'camera',
    meaning: 'The camera has no footage of the range that was asked for (457).',
    advice: 'Ask for another range.',
    retryable: false,
    httpStatus: 502,
  },
  range_ignored: {
    class: 'camera',
    meaning: 'The camera plays something else than the range that was asked for.',
    advice:
      'Use the address of its archive, which its maker documents or ONVIF tells; that of the live picture has no past.',
    retryable: false,
    httpStatus: 502,
  },
  camera_redirected: {
    class: 'camera',
    meaning: 'The camera redirects to another address.',
    advice: 'Use the address that the message names.',
    retryable: true,
    httpStatus: 502,
  },
  camera_transport_unsupported: {
    class: 'camera',
    meaning: 'The camera does not send over the transport that was asked for.',
    advice:
      'Set the transport of the stream to auto, or to one that the camera offers; or allow this one in the camera.',
    retryable: true,
    httpStatus: 502,
  },
  udp_unusable: {
    class: 'network',
    meaning: 'No UDP ports could be opened for what the camera sends.',
    advice: 'See the cause in the message; set the transport of the stream to tcp.',
    retryable: true,
    httpStatus: 502,
  },
  // Finding and reading devices
  onvif_unreachable: {
    class: 'network',
    meaning: 'No ONVIF device answers at the address.',
    advice:
      'Check address, port and power. Many cameras have ONVIF switched off: switch it on in their own settings, often under Network or Integration.',
    retryable: true,
    httpStatus: 502,
  },
  onvif_off: {
    class: 'camera',
    meaning: 'Something answers at the address, but not to ONVIF.',
    advice:
      "Switch ONVIF on in the camera's own settings (newer Xiongmai firmware: RTSP too), or add the camera by the RTSP URL in its manual.",
    retryable: true,
    httpStatus: 502,
  },
  onvif_credentials: {
    class: 'camera',
    meaning: 'The device asks for a user name and password, or refused those given.',
    advice:
      'Enter the right ones. Some cameras keep users for ONVIF apart from the others: add one in their settings.',
    retryable: true,
    httpStatus: 422,
  },
  onvif_clock: {
    class: 'camera',
    meaning: 'The device refuses the password, and its clock is wrong.',
    advice:
      "Set the camera's time or its NTP server, then try again; if it still refuses, the password is wrong.",
    retryable: true,
    httpStatus: 422,
  },
  onvif_malformed: {
    class: 'camera',
    meaning: 'The answer of the device is not what ONVIF wants, or too large.',
    advice: 'Update the firmware of the camera, or add it by the RTSP URL in its manual.',
    retryable: true,
    httpStatus: 502,
  },
  onvif_rejected: {
    class: 'camera',
    meaning: 'The device answered an ONVIF request with an error.',
    advice: 'See its reason in the message; restarting or updating the camera often helps.',
    retryable: true,
    httpStatus: 502,
  },
  onvif_no_media: {
    class: 'camera',
    meaning: 'The device offers no video over ONVIF.',
    advice: 'Check that it is a camera; if it is, add it by the RTSP URL in its manual.',
    retryable: true,
    httpStatus: 502,
  },
  // What the camera sends
  rtsp_malformed: {
    class: 'camera',
    meaning: 'The other side does not speak RTSP.',
    advice: 'Check that address and port belong to an RTSP camera.',
    retryable: true,
    httpStatus: 502,
  },
  rtsp_limit: {
    class: 'camera',
    meaning: 'A message of the camera is longer than any honest one.',
    advice: 'Check that address and port belong to an RTSP camera.',
    retryable: true,
    httpStatus: 502,
  },
  rtsp_desynchronised: {
    class: 'camera',
    meaning: 'The data of the camera lost its framing and could not be resynchronised.',
    advice: 'Update the firmware of the camera.',
    retryable: true,
    httpStatus: 502,
  },
  sdp_malformed: {
    class: 'camera',
    meaning: 'The description of the stream cannot be read.',
    advice: 'Update the firmware of the camera.',
    retryable: true,
    httpStatus: 502,
  },
  sdp_no_video: {
    class: 'camera',
    meaning: 'The camera offers no video on this stream.',
    advice: 'Use the URL of a video stream.',
    retryable: true,
    httpStatus: 502,
  },
  codec_unsupported: {
    class: 'camera',
    meaning: 'The camera sends its video in a format that Nightjar cannot record yet.',
    advice: 'Set the stream to H.264 or H.265 in the camera.',
    retryable: true,
    httpStatus: 502,
  },
  rtp_malformed: {
    class: 'camera',
    meaning: 'A packet is not RTP, or is damaged.',
    advice: 'Nothing, if it is rare; it is counted.',
    retryable: true,
    httpStatus: 502,
  },
  payload_malformed: {
    class: 'camera',
    meaning: 'The payload of a packet breaks the rules of its codec.',
    advice: 'Nothing, if it is rare; it is counted.',
    retryable: true,
    httpStatus: 502,
  },
  payload_limit: {
    class: 'camera',
    meaning: 'A picture is larger than any honest one.',
    advice: 'Update the firmware of the camera.',
    retryable: true,
    httpStatus: 502,
  },
  parameter_sets_malformed: {
    class: 'camera',
    meaning: 'The parameter sets of the video cannot be read.',
    advice: 'Update the firmware of the camera, or choose another profile.',
    retryable: true,
    httpStatus: 502,
  },
  no_packets: {
    class: 'camera',
    meaning: 'The camera accepted the session but sends nothing.',
    advice: 'Restart the camera; see whether it has too many viewers.',
    retryable: true,
    httpStatus: 504,
  },
  no_key_frame: {
    class: 'camera',
    meaning: 'The camera sends video, but no key frame to begin with.',
    advice: 'Set a key-frame interval of a few seconds in the camera.',
    retryable: true,
    httpStatus: 504,
  },
  stream_damaged: {
    class: 'network',
    meaning: 'What the camera sends arrives damaged, and no picture was whole for long.',
    advice:
      'Check the network between the camera and Nightjar, and try TCP when UDP is in use; lower the bit rate.',
    retryable: true,
    httpStatus: 504,
  },
  timeline_break: {
    class: 'camera',
    meaning: 'The time stamps of the camera jumped; a new run begins.',
    advice: 'Nothing; set NTP in the camera if it happens often.',
    retryable: true,
    httpStatus: 502,
  },
  // Disk
  recordings_unwritable: {
    class: 'disk',
    meaning: 'The recordings folder cannot be written.',
    advice: 'Check that it exists, who owns it and that the disk is not mounted read-only.',
    retryable: true,
    httpStatus: 507,
  },
  recordings_missing: {
    class: 'disk',
    meaning: 'The recordings folder is not the one with the footage.',
    advice: 'Mount its disk and start again.',
    retryable: true,
    httpStatus: 507,
  },
  recordings_of_another: {
    class: 'setting',
    meaning: 'The recordings folder belongs to another installation.',
    advice: 'Use another --recordings-dir, or the data folder that belongs to this one.',
    retryable: false,
    httpStatus: 503,
  },
  disk_full: {
    class: 'disk',
    meaning: 'The disk of the recordings folder is full.',
    advice: 'Free space on it, shorten the retention or use a larger disk.',
    retryable: true,
    httpStatus: 507,
  },
  disk_slow: {
    class: 'disk',
    meaning: 'The disk does not keep up with what the cameras send.',
    advice: 'Check the health of the disk, and what else uses it.',
    retryable: true,
    httpStatus: 507,
  },
  disk_failed: {
    class: 'disk',
    meaning: 'Reading from or writing to the disk failed.',
    advice: 'Check the health of the disk.',
    retryable: true,
    httpStatus: 500,
  },
  file_malformed: {
    class: 'disk',
    meaning: 'A recorded file is damaged.',
    advice: 'What is good in it stays; check the health of the disk.',
    retryable: false,
    httpStatus: 500,
  },
  data_folder_unwritable: {
    class: 'disk',
    meaning: 'The data folder, which holds the index database, cannot be written.',
    advice: 'Check that it exists, who owns it and that the disk is not mounted read-only.',
    retryable: true,
    httpStatus: 507,
  },
  database_damaged: {
    class: 'disk',
    meaning: 'The index database is damaged.',
    advice:
      'Restore a backup (nightjar restore), or have it made anew from the recorded files (nightjar reindex --replace).',
    retryable: false,
    httpStatus: 503,
  },
  database_exists: {
    class: 'request',
    meaning: 'There is a file already where the new one is to go.',
    advice: 'Choose another name, or move that file away.',
    retryable: false,
    httpStatus: 409,
  },
  database_missing: {
    class: 'setting',
    meaning: 'There is no index database.',
    advice:
      'Check --data-dir. If the database was lost, nightjar reindex makes it anew from the recorded files.',
    retryable: false,
    httpStatus: 503,
  },
  database_older: {
    class: 'setting',
    meaning: 'The index database was made by an older version of Nightjar.',
    advice: 'Start the server of this version once: it brings the database up to date.',
    retryable: false,
    httpStatus: 503,
  },
  database_newer: {
    class: 'setting',
    meaning: 'The index database was made by a newer version of Nightjar.',
    advice: 'Use that version, or another data folder.',
    retryable: false,
    httpStatus: 503,
  },
  database_locked: {
    class: 'setting',
    meaning: 'Another Nightjar uses this data folder, or is making the same file.',
    advice: 'Stop the other one, wait until it has ended, or use another place.',
    retryable: true,
    httpStatus: 503,
  },
  migration_failed: {
    class: 'disk',
    meaning: 'The index database could not be brought up to date; it is as it was before.',
    advice: 'See the cause in the message.',
    retryable: false,
    httpStatus: 503,
  },
  // Settings and start
  dialogue_malformed: {
    class: 'request',
    meaning: 'A file is not the dialogue of a camera.',
    advice: 'Correct the line that is named; docs/camera-fixtures.md says what may stand there.',
    retryable: false,
    httpStatus: 400,
  },
  setting_invalid: {
    class: 'setting',
    meaning: 'A setting has a value that is not allowed.',
    advice: 'Set it to what the message says.',
    retryable: false,
    httpStatus: 400,
  },
  usage: {
    class: 'setting',
    meaning: 'The command line cannot be understood.',
    advice: 'See `nightjar help`, or `nightjar COMMAND --help`.',
    retryable: false,
    httpStatus: 400,
  },
  port_in_use: {
    class: 'setting',
    meaning: 'Another program listens on the port.',
    advice: 'Stop it, or choose another port with --port.',
    retryable: true,
    httpStatus: 503,
  },
  host_not_loopback: {
    class: 'setting',
    meaning: 'Nightjar has no accounts yet, so it listens on this machine only.',
    advice: 'Use 127.0.0.1; reach it from elsewhere through an SSH tunnel.',
    retryable: false,
    httpStatus: 400,
  },
  // Requests
  request_invalid: {
    class: 'request',
    meaning: 'A field of the request has a value that is not allowed.',
    advice: 'Correct the field that the message names.',
    retryable: false,
    httpStatus: 400,
  },
  host_forbidden: {
    class: 'request',
    meaning: 'The request names a host that is not this server.',
    advice: 'Open the page by its own address.',
    retryable: false,
    httpStatus: 403,
  },
  origin_forbidden: {
    class: 'request',
    meaning: 'The request comes from a page of another site.',
    advice: 'Open the page by its own address.',
    retryable: false,
    httpStatus: 403,
  },
  not_found: {
    class: 'request',
    meaning: 'There is nothing at this address.',
    advice: 'Check the address; see /docs.',
    retryable: false,
    httpStatus: 404,
  },
  camera_unknown: {
    class: 'request',
    meaning: 'There is no camera with this id.',
    advice: 'See GET /api/v1/cameras for those that exist.',
    retryable: false,
    httpStatus: 404,
  },
  discovery_unknown: {
    class: 'request',
    meaning: 'There is no discovery with this id; only the newest are kept.',
    advice: 'Begin another with POST /api/v1/discoveries.',
    retryable: false,
    httpStatus: 404,
  },
  stream_unknown: {
    class: 'request',
    meaning: 'The camera has no such stream.',
    advice: 'Use one of its roles or stream ids.',
    retryable: false,
    httpStatus: 404,
  },
  no_footage: {
    class: 'request',
    meaning: 'Nothing was recorded in this time.',
    advice: 'See the timeline for what there is, and for why the rest is missing.',
    retryable: false,
    httpStatus: 404,
  },
  event_unknown: {
    class: 'request',
    meaning: 'There is no such event.',
    advice: 'GET the events of the camera for those there are.',
    retryable: false,
    httpStatus: 404,
  },
  event_ended: {
    class: 'request',
    meaning: 'The event has ended already.',
    advice: 'Post another event for what happened since.',
    retryable: false,
    httpStatus: 409,
  },
  protection_unknown: {
    class: 'request',
    meaning: 'There is no such protection in force.',
    advice: 'GET /protections for those there are.',
    retryable: false,
    httpStatus: 404,
  },
  too_many_protections: {
    class: 'request',
    meaning: 'No more protections can be in force at once.',
    advice: 'Release those that are not needed any more, or protect a longer time in place of several.',
    retryable: false,
    httpStatus: 409,
  },
  window_too_long: {
    class: 'request',
    meaning: 'The time asked for is longer than one answer may cover.',
    advice: 'Ask for parts of at most the length that the message names.',
    retryable: false,
    httpStatus: 400,
  },
  range_unsatisfiable: {
    class: 'request',
    meaning: 'The byte range lies outside the file.',
    advice: 'Ask for a range within the size in Content-Range.',
    retryable: false,
    httpStatus: 416,
  },
  footage_deleted: {
    class: 'request',
    meaning: 'The footage was deleted by retention meanwhile.',
    advice: 'See the timeline for what there is.',
    retryable: false,
    httpStatus: 410,
  },
  clip_changed: {
    class: 'request',
    meaning: 'This version of the clip is no longer kept, and what was recorded since would make another.',
    advice: 'Ask for the clip without `version`, from its first byte on.',
    retryable: false,
    httpStatus: 410,
  },
  too_busy: {
    class: 'request',
    meaning: 'The server does as much of this at once as it may.',
    advice: 'Try again in a moment; close players that are no longer needed.',
    retryable: true,
    httpStatus: 503,
  },
  ffmpeg_missing: {
    class: 'setting',
    meaning:
      'There is no ffmpeg on this machine, which makes pictures for browsers that cannot decode what was recorded.',
    advice: 'Install ffmpeg on the server (apt install ffmpeg), or open the page over https or on localhost.',
    retryable: false,
    httpStatus: 501,
  },
  picture_failed: {
    class: 'camera',
    meaning: 'No picture could be made of a recorded key frame.',
    advice: 'Play the footage there, or download a clip: other players may cope with what the camera sent.',
    retryable: true,
    httpStatus: 502,
  },
  conversion_failed: {
    class: 'camera',
    meaning: 'Recorded footage could not be converted for a browser that cannot play it.',
    advice: 'Download a clip: other players may cope with what the camera sent.',
    retryable: true,
    httpStatus: 502,
  },
  conversion_off: {
    class: 'setting',
    meaning: 'The server converts no footage for browsers that cannot play it.',
    advice: 'Download a clip, or have `conversions` set to 1 or more on the server.',
    retryable: false,
    httpStatus: 501,
  },
  reader_stalled: {
    class: 'request',
    meaning: 'Whoever asked for footage stopped reading it.',
    advice: 'Ask again, by a range from where the bytes ended.',
    retryable: true,
    httpStatus: 408,
  },
  stopping: {
    class: 'request',
    meaning: 'The server is stopping.',
    advice: 'Try again when it runs again.',
    retryable: true,
    httpStatus: 503,
  },
  internal: {
    class: 'bug',
    meaning: 'Nightjar made a mistake.',
    advice: 'Please report it with the log around this time.',
    retryable: true,
    httpStatus: 500,
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
