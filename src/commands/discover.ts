import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { type DeviceReport, readDevice } from '../onvif/device_reader.ts';
import { type SearchState, searchAddress, searchNetwork } from '../onvif/device_search.ts';
import { exitGood, type Invocation } from './command.ts';
import { usage } from './command_line.ts';
import { presentOptions } from './option_value.ts';

/** Devices that are read at the same time. */
const readsAtOnce = 8;

/** What is said of one device; `device` or `problem` when it was to be read. */
type Finding = SearchState['devices'][number] & {
  readonly device?: DeviceReport;
  readonly problem?: string;
};

/** Lists the ONVIF devices of the network, or the one at an address. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, options } = invocation;
  const { clock, signal } = process;
  const address = options.get('address');
  const { username, password } = presentOptions(invocation, ['username', 'password']);
  if (password !== undefined && username === undefined) throw usage('--password needs --username.');
  const search =
    address === undefined ? searchNetwork({ clock, signal }) : searchAddress({ address, clock, signal });
  await search.done;
  const { state } = search;
  for (const problem of state.problems) process.stderr.write(`nightjar: ${problem}\n`);
  const findings =
    username === undefined
      ? state.devices
      : await readAll(state.devices, { username, password, clock, signal });
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : findingsText(findings, state));
  return exitGood;
}

async function readAll(
  devices: SearchState['devices'],
  how: { username: string; password: string | undefined; clock: Clock; signal: AbortSignal },
): Promise<Finding[]> {
  const findings: Finding[] = [...devices];
  const remaining = findings.entries();
  const readNext = async () => {
    for (const [at, finding] of remaining) findings[at] = await read(finding, how);
  };
  await Promise.all(Array.from({ length: readsAtOnce }, readNext));
  return findings;
}

async function read(found: Finding, how: Parameters<typeof readAll>[1]): Promise<Finding> {
  try {
    return { ...found, device: await readDevice({ ...how, address: found.address }) };
  } catch (thrown) {
    how.signal.throwIfAborted();
    const { explanation, code } = toNightjarError(thrown);
    return { ...found, problem: `${explanation} (${code})` };
  }
}

function findingsText(findings: readonly Finding[], { searched, ignored }: SearchState): string {
  const where = `Searched: ${searched.join(', ') || 'nothing, for there is no network'}.`;
  const left = ignored === 0 ? '' : ` ${ignored} replies were ignored.`;
  if (findings.length === 0) {
    return `No camera answered. ${where}${left}\nIf one is there, try --address with its IP address, and see that ONVIF is switched on in it.\n`;
  }
  const rows = [
    ['ADDRESS', 'NAME', 'MANUFACTURER', 'MODEL'],
    ...findings.map(({ address, name, manufacturer = '', model = '' }) => [
      address,
      name,
      manufacturer,
      model,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.flatMap((row, at) => [
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
    ...(at === 0 ? [] : detailLines(findings[at - 1]!)),
  ]);
  return `${lines.join('\n')}\n${where}${left}\n`;
}

function detailLines({ device, problem }: Finding): string[] {
  const profiles = device?.profiles.map(({ role = '', name, codec, width, height, url }) => {
    const size = width === undefined || height === undefined ? '' : ` ${width}x${height}`;
    return `  ${role.padEnd(4)}  ${name}, ${codec}${size}, ${url}`;
  });
  return [
    ...(profiles ?? []),
    ...(device?.notes.map((note) => `  note  ${note}`) ?? []),
    ...(problem === undefined ? [] : [`  ${problem}`]),
  ];
}
