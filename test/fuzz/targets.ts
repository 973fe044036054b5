import { bitstreamTargets } from './bitstream_targets.ts';
import { fileTargets } from './file_targets.ts';
import type { FuzzTarget } from './fuzz_target.ts';
import { packetTargets } from './packet_targets.ts';
import { payloadTargets } from './payload_targets.ts';
import { sessionTargets } from './session_targets.ts';
import { textTargets } from './text_targets.ts';

export const targets: readonly FuzzTarget[] = [
  ...textTargets,
  ...sessionTargets,
  ...packetTargets,
  ...payloadTargets,
  ...bitstreamTargets,
  ...fileTargets,
];
