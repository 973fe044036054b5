import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  clockFinding,
  dataFolderFinding,
  descriptorFinding,
  type Finding,
  rootFinding,
  setAsideFinding,
  worst,
} from '../doctor/diagnosis.ts';
import { readDescriptorLimit, readFolderFacts } from '../doctor/machine_facts.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { readClockSynchronisation } from '../host/clock_synchronisation.ts';
import type { Camera } from '../index/cameras.ts';
import { networkShare } from '../index/network_share.ts';
import { openIndexReadOnly, requireSoundIndex } from '../index/open_index.ts';
import { examine } from '../probe/probe.ts';
import { type FoundRoot, findRoots } from '../roots/mounted_roots.ts';
import { defaultRootName } from '../roots/root_folders.ts';
import { countSetAside } from '../roots/set_aside_files.ts';
import type { Settings } from '../settings/setting_table.ts';
import { counted } from '../units/amount_text.ts';
import { type CommandProcess, exitFailed, exitGood, type Invocation } from './command.ts';
import { configuredRoots, settingsOf } from './settings_of.ts';

const migrationsDir = fileURLToPath(new URL('../../migrations', import.meta.url));
/** How long each camera is looked at after its first key frame. */
const cameraSeconds = 1;
/** Cameras that are tried at the same time. */
const camerasAtOnce = 4;

interface IndexFacts {
  readonly finding: Finding;
  readonly installationId?: string;
  readonly cameras: readonly Camera[];
}

/** Looks for what keeps footage from being recorded, and says what to do about it. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, options } = invocation;
  const settings = await settingsOf(invocation);
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    if (!json) process.stdout.write(findingText(finding));
  };
  const data = await readFolderFacts(settings.dataDir);
  tell(dataFolderFinding(data, data.type === undefined ? undefined : networkShare(data.type)));
  const index = readIndex(settings);
  tell(index.finding);
  for (const root of await findRoots(configuredRoots(settings))) {
    tell(await lookAtRoot(root, index, settings));
    // A disk that does not let itself be read is told already.
    const aside = root.marker && (await countSetAside(root.folder).catch(() => undefined));
    const finding = aside && setAsideFinding(root.name, aside);
    if (finding) tell(finding);
  }
  tell(clockFinding(await readClockSynchronisation(process.clock)));
  const streams = index.cameras.flatMap((camera) => camera.streams).filter(({ record }) => record);
  tell(descriptorFinding(await readDescriptorLimit(), streams.length));
  if (!options.has('no-cameras')) await lookAtCameras(index.cameras, process, tell);
  const verdict = worst(findings);
  if (json) process.stdout.write(`${JSON.stringify({ verdict, findings })}\n`);
  return verdict === 'bad' ? exitFailed : exitGood;
}

function readIndex({ dataDir }: Settings): IndexFacts {
  const file = path.join(dataDir, 'nightjar.db');
  const check = 'index';
  if (!existsSync(file)) {
    const detail = `there is none in ${dataDir}`;
    const advice = 'The first start makes it. If it was lost: nightjar reindex --replace.';
    return { finding: { check, verdict: 'warning', detail, advice }, cameras: [] };
  }
  try {
    requireSoundIndex(file, migrationsDir);
    const index = openIndexReadOnly(file);
    try {
      const cameras = index.cameras.list();
      const detail = `${file}, sound, ${counted(cameras.length, 'camera')}`;
      return { finding: { check, verdict: 'good', detail }, installationId: index.installationId, cameras };
    } finally {
      index.close();
    }
  } catch (thrown) {
    const { message, entry } = toNightjarError(thrown);
    return { finding: { check, verdict: 'bad', detail: message, advice: entry.advice }, cameras: [] };
  }
}

async function lookAtRoot(
  { name, folder, marker }: FoundRoot,
  { installationId }: IndexFacts,
  { minFreeBytes }: Settings,
): Promise<Finding> {
  const facts = await readFolderFacts(folder);
  const isOther =
    marker !== undefined && installationId !== undefined && marker.installationId !== installationId;
  const markerFault = isOther
    ? 'it belongs to another installation'
    : marker === undefined && installationId !== undefined
      ? 'it has no marker .nightjar, as if its disk were not mounted'
      : undefined;
  return rootFinding(
    {
      ...facts,
      name,
      isFirst: name === defaultRootName && installationId === undefined,
      ...(markerFault !== undefined && { markerFault }),
    },
    minFreeBytes,
  );
}

/** Each stream that is to be recorded, a few at a time. */
async function lookAtCameras(
  cameras: readonly Camera[],
  process: CommandProcess,
  tell: (finding: Finding) => void,
): Promise<void> {
  const waiting = cameras.flatMap((camera) =>
    camera.streams.filter(({ record }) => record).map((stream) => ({ camera, stream })),
  );
  const lookOn = async () => {
    for (let next = waiting.shift(); next && !process.signal.aborted; next = waiting.shift()) {
      tell(await lookAtStream(next, process));
    }
  };
  await Promise.all(Array.from({ length: camerasAtOnce }, lookOn));
}

async function lookAtStream(
  { camera, stream }: { camera: Camera; stream: Camera['streams'][number] },
  { clock, signal }: CommandProcess,
): Promise<Finding> {
  const check = `camera ${camera.name}, ${stream.role}`;
  if (stream.url === '') {
    const advice = 'Enter the URL of its stream in the web interface.';
    return { check, verdict: 'bad', detail: 'its address is not known', advice };
  }
  const { report, error } = await examine({
    url: stream.url,
    transport: stream.transport,
    ...(camera.username !== undefined && { username: camera.username }),
    ...(camera.password !== undefined && { password: camera.password }),
    ...(camera.tlsFingerprint !== undefined && { tlsFingerprint: camera.tlsFingerprint }),
    clock,
    seconds: cameraSeconds,
    signal,
  });
  if (error) return { check, verdict: 'bad', detail: error.message, advice: error.entry.advice };
  const { codec = '', width, height } = report.video ?? {};
  const size = width === undefined || height === undefined ? '' : ` ${width}x${height}`;
  return { check, verdict: 'good', detail: `sends ${codec}${size}`.trim() };
}

function findingText({ check, verdict, detail, advice }: Finding): string {
  const line = `${verdict.padEnd(7)}  ${check}: ${detail}\n`;
  return advice === undefined ? line : `${line}         ${advice}\n`;
}
