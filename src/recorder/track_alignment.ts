/** A sender report beyond this from what the arrival says is the camera's mistake, not its clock. */
const maxDisagreementMs = 5_000;

/** What is known of one track's clock before the run's first fragment is written. */
export interface TrackClockFacts {
  /** Least (arrival - media time), in milliseconds, over the track's frames so far. */
  readonly leastOffsetMs: number;
  /** Camera time minus media time by the newest sender report (RFC 3550 section 6.4.1), in milliseconds. */
  readonly senderReportOffsetMs?: number;
}

/**
 * How many milliseconds later on the run's time line the audio's zero lies than the video's.
 *
 * Sender reports of both tracks say it exactly; without them, the least-delayed frames of both are taken to have
 * travelled equally long. The answer is frozen for the run: a later report is a fact about the camera and moves
 * nothing (P13).
 */
export function audioLagMs(video: TrackClockFacts, audio: TrackClockFacts): number {
  const byArrival = audio.leastOffsetMs - video.leastOffsetMs;
  if (video.senderReportOffsetMs === undefined || audio.senderReportOffsetMs === undefined) return byArrival;
  const byReports = audio.senderReportOffsetMs - video.senderReportOffsetMs;
  return Math.abs(byReports - byArrival) > maxDisagreementMs ? byArrival : byReports;
}
