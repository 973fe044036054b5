import { uptime } from 'node:process';
import type { Clock } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { type DeviceReport, readDevice } from '../onvif/device_reader.ts';
import { type Search, type SearchState, searchAddress, searchNetwork } from '../onvif/device_search.ts';
import { exitGood, type Invocation } from './command.ts';
import { usage } from './command_line.ts';
import { presentOptions } from './option_value.ts';
import { settingsOf } from './settings_of.ts';

/** The search is over so long after the process started, also on a machine that takes its time to start it. */
const searchedByMs = 4000;
/** What a search gets at least. */
const minSearchMs = 1500;
/** How soon a device that was found is read. */
const readEveryMs = 100;

/** What is said of one device; `device` or `problem` when it was to be read. */
type Finding = SearchState['devices'][number] & {
  readonly device?: DeviceReport;
  readonly problem?: string;
};

/** Lists the ONVIF devices of the network, or the one at an address. */
export async function run(invocation: Invocation): Promise<number> {
  const { process, json, options } = invocation;
  const { clock } = process;
  const address = options.get('address');
  const { username, password } = presentOptions(invocation, ['username', 'password']);
  if (password !== undefined && username === undefined) throw usage('--password needs --username.');
  const late = new AbortController();
  const timer = clock.after(Math.max(minSearchMs, searchedByMs - uptime() * 1000), () => late.abort());
  const signal = AbortSignal.any([process.signal, late.signal]);
  const { discoveryInterfaces: interfaces } = await settingsOf(invocation);
  const search =
    address === undefined
      ? searchNetwork({ clock, signal, interfaces })
      : searchAddress({ address, clock, signal });
  const findings =
    username === undefined
      ? await search.done
      : await readAll(search, { username, password, clock, signal: process.signal });
  timer.cancel();
  const { state } = search;
  for (const problem of state.problems) process.stderr.write(`nightjar: ${problem}\n`);
  const shown = findings ?? state.devices;
  process.stdout.write(json ? `${JSON.stringify(shown)}\n` : findingsText(shown, state));
  return exitGood;
}

interface Reading {
  readonly username: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Reads each device as soon as it is found; slow ones take longer than the search. */
async function readAll(search: Search, reading: Reading): Promise<Finding[]> {
  const readings = new Map<string, Promise<Finding>>();
  const readNew = () => {
    for (const found of search.state.devices) {
      if (!readings.has(found.id)) readings.set(found.id, read(found, reading));
    }
  };
  const timer = reading.clock.every(readEveryMs, readNew);
  await search.done;
  timer.cancel();
  readNew();
  return await Promise.all(readings.values());
}

async function read(found: Finding, reading: Reading): Promise<Finding> {
  try {
    return { ...found, device: await readDevice({ ...reading, address: found.address }) };
  } catch (thrown) {
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
