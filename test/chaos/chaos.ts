/**
 * Chaos (`npm run chaos`): kills recorders, tears files, fails calls of the disk, and compares what was reported with what
 * is there. Without `--only` it runs all parts, one after the other:
 *
 *     npm run chaos -- --only kills --seed 7 --cameras 16 --camera-kills 1000
 *     npm run chaos -- --only kills --steps '4 sync'
 *     npm run chaos -- --only kills --in /mnt/disk --writers 2 --sync-ms 200 --minutes 10
 *     npm run chaos -- --only cuts --seed 7 --cuts 30 --tears 4
 *     npm run chaos -- --only calls --how EIO,SHORT --part 1/4
 *     npm run chaos -- --only calls --thread recorder --from 1 --to 120 --every 1 --how EIO,SHORT
 *     npm run chaos -- --only slow --seconds 60
 */
import { scriptOptions } from '../fixtures/script_options.ts';
import { failures } from './chaos_plan.ts';
import { type FailingCall, failingCalls, numberedCalls } from './failing_calls.ts';
import { killCampaign, killSteps } from './kill_campaign.ts';
import { powerCutCampaign } from './power_cut_campaign.ts';
import { slowDisk } from './slow_disk.ts';

const values = scriptOptions({
  command: 'npm run chaos --',
  about:
    'Kills recorders, tears files, fails calls of the disk, and compares what was reported with what is there.',
  options: {
    only: { value: 'PART', choices: ['kills', 'cuts', 'calls', 'slow'], meaning: 'Runs that part alone.' },
    seed: {
      value: 'N',
      meaning: 'Of kills and cuts: the same happens again. Another each time unless given.',
    },
    cameras: { value: 'N', default: '16', meaning: 'Kills: so many are recorded.' },
    'camera-kills': { value: 'N', default: '1000', meaning: 'Kills: as many, each counted for each camera.' },
    'most-kills': { value: 'N', meaning: 'Kills: no more of the recorder.' },
    minutes: { value: 'N', meaning: 'Kills: no longer.' },
    steps: {
      value: 'STEP',
      list: true,
      choices: killSteps,
      meaning: 'Kills and cuts: at these steps of the durable order. At all unless given.',
    },
    in: {
      value: 'FOLDER',
      meaning: 'Kills: where it records; a new folder for temporary files unless given.',
    },
    writers: { value: 'N', default: '0', meaning: 'Kills: so many others keep the disk busy.' },
    'sync-ms': { value: 'N', meaning: 'Kills: each sync takes at least so long.' },
    cuts: { value: 'N', default: '30', meaning: 'Cuts: so many cuts of power.' },
    tears: { value: 'N', default: '4', meaning: 'Cuts: copies that are torn at each.' },
    how: {
      value: 'FAILURE',
      list: true,
      choices: failures,
      default: failures.join(','),
      meaning: 'Calls: they fail so.',
    },
    part: {
      value: 'PART/PARTS',
      pattern: /^[1-9]\d*\/[1-9]\d*$/,
      default: '1/1',
      meaning: 'Calls: a share of the numbered ones.',
    },
    thread: {
      value: 'THREAD',
      list: true,
      choices: ['main', 'recorder'],
      default: 'main,recorder',
      meaning: 'Calls, with --to: of these threads.',
    },
    from: { value: 'N', default: '1', meaning: 'Calls, with --to: the first that fails.' },
    to: {
      value: 'N',
      meaning: 'Calls: fails each in turn up to this one, whatever it is, and not the numbered ones.',
    },
    every: { value: 'N', default: '1', meaning: 'Calls, with --to: every how many calls one fails.' },
    parallel: { value: 'N', default: '3', meaning: 'Calls: so many at the same time.' },
    seconds: { value: 'N', default: '60', meaning: 'Slow: it lasts so long.' },
  },
});
const { seed = Date.now() % 2 ** 31, steps = killSteps } = values;
const say = (line: string) => console.log(line);

/** Those of the numbered steps; with `--to` the nth of each thread, whatever it is, in turn through threads and failures. */
function callsToFail(): FailingCall[] {
  const [part, parts] = values.part.split('/').map(Number);
  if (values.to === undefined)
    return numberedCalls(values.how).filter((_, index) => index % parts! === part! - 1);
  const calls: FailingCall[] = [];
  for (let nth = values.from; nth <= values.to; nth += values.every) {
    for (const thread of values.thread) {
      for (const how of values.how) calls.push({ thread, nth, how });
    }
  }
  return calls;
}

interface Figures {
  readonly faults: readonly string[];
}

const parts: Record<string, () => Promise<Figures>> = {
  kills: () =>
    killCampaign({
      seed,
      cameras: values.cameras,
      cameraKills: values['camera-kills'],
      longestLifeMs: 6_000,
      segmentSeconds: 5,
      syncSeconds: 2,
      maxAgeDays: 0.003,
      steps,
      writers: values.writers,
      ...(values.in !== undefined && { inside: values.in }),
      ...(values['sync-ms'] !== undefined && { syncMs: values['sync-ms'] }),
      ...(values.minutes !== undefined && { longestMs: values.minutes * 60_000 }),
      ...(values['most-kills'] !== undefined && { mostKills: values['most-kills'] }),
      say,
    }),
  cuts: () =>
    powerCutCampaign({
      seed,
      cameras: 4,
      cuts: values.cuts,
      tears: values.tears,
      shortestLifeMs: 0,
      longestLifeMs: 6_000,
      steps,
      say,
    }),
  calls: () => failingCalls({ calls: callsToFail(), parallel: values.parallel, say }),
  slow: () => slowDisk({ seconds: values.seconds, bytesPerSecond: 1e6 }),
};

for (const [name, run] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  console.log(`${name}, seed ${seed}`);
  const { faults, ...figures } = await run();
  console.log(figures);
  for (const fault of faults) console.log(fault);
  if (faults.length > 0) process.exitCode = 1;
  const again = `npm run chaos -- --only ${name}${['calls', 'slow'].includes(name) ? '' : ` --seed ${seed}`}`;
  console.log(faults.length === 0 ? 'All is well.' : `${faults.length} faults. To repeat: ${again}`);
}
