import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioLagMs, type TrackClockFacts } from './track_alignment.ts';

const rows: { name: string; video: TrackClockFacts; audio: TrackClockFacts; lagMs: number }[] = [
  {
    name: 'reports of both say it exactly, whatever their date is',
    video: { leastOffsetMs: 1_000_010, senderReportOffsetMs: 77_000 },
    audio: { leastOffsetMs: 1_000_290, senderReportOffsetMs: 77_240 },
    lagMs: 240,
  },
  {
    name: 'without reports the least delayed of both have travelled equally long',
    video: { leastOffsetMs: 1_000_010 },
    audio: { leastOffsetMs: 1_000_290 },
    lagMs: 280,
  },
  {
    name: 'a report of one alone says nothing',
    video: { leastOffsetMs: 1_000_010, senderReportOffsetMs: 77_000 },
    audio: { leastOffsetMs: 1_000_290 },
    lagMs: 280,
  },
  {
    name: 'P13: reports that a step of the clock lies between are not believed',
    video: { leastOffsetMs: 1_000_010, senderReportOffsetMs: 77_000 },
    audio: { leastOffsetMs: 1_000_290, senderReportOffsetMs: 3_677_240 },
    lagMs: 280,
  },
  {
    name: 'pictures that were buffered for seconds before the connect are placed by reports',
    video: { leastOffsetMs: 1_004_000, senderReportOffsetMs: 77_000 },
    audio: { leastOffsetMs: 1_000_000, senderReportOffsetMs: 77_000 },
    lagMs: 0,
  },
];

for (const { name, video, audio, lagMs } of rows) {
  test(name, () => assert.equal(audioLagMs(video, audio), lagMs));
}
