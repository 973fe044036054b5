import { type SettingName, settingNames } from '../settings/setting_table.ts';
import type { CommandDefinition, OptionDefinition } from './command.ts';

/** Options that every command takes. */
export const commonOptions: readonly OptionDefinition[] = [
  { flag: 'json', description: 'Print JSON alone on standard output.' },
  { flag: 'help', description: 'Explain the command.' },
];

const configOption: OptionDefinition = {
  flag: 'config',
  placeholder: 'FILE',
  description: 'Settings file in place of nightjar.yaml in the working folder.',
};

const cameraOptions: readonly OptionDefinition[] = [
  { flag: 'username', placeholder: 'NAME', description: 'User name for the camera.' },
  { flag: 'password', placeholder: 'PASSWORD', description: 'Password for the camera.' },
  {
    flag: 'tls-fingerprint',
    placeholder: 'SHA256',
    description: 'Trust the certificate with this fingerprint alone, for rtsps: URLs.',
  },
  {
    flag: 'transport',
    placeholder: 'NAME',
    description: 'auto, tcp, udp, multicast, http or websocket; auto unless given.',
  },
];

/** Where the data of a server is; a command that keeps its data in a temporary folder does not take these. */
const folders: readonly SettingName[] = ['dataDir', 'recordingsDir', 'storageRoots'];

/** Every command there is; `command_loader.ts` has their code. */
export const commandTable = [
  {
    name: 'serve',
    summary: 'Record the cameras and serve the HTTP API.',
    operands: [],
    options: [configOption],
    settings: settingNames,
  },
  {
    name: 'discover',
    summary: 'List the cameras of the network that speak ONVIF, within five seconds.',
    operands: [],
    options: [
      { flag: 'address', placeholder: 'ADDRESS', description: 'Look at this host or host:port alone.' },
      {
        flag: 'username',
        placeholder: 'NAME',
        description: 'With it the profiles of each are read too, which can take longer.',
      },
      { flag: 'password', placeholder: 'PASSWORD', description: 'Password for the cameras.' },
    ],
    settings: ['discoveryInterfaces'],
  },
  {
    name: 'probe',
    summary: 'Say what a camera sends, or why it cannot be recorded.',
    operands: ['URL'],
    options: [
      ...cameraOptions,
      { flag: 'seconds', placeholder: 'SECONDS', description: 'How long to look, 1 to 60; 5 unless given.' },
      { flag: 'duration', placeholder: 'SECONDS', description: 'The same, by its name in record.' },
      {
        flag: 'capture',
        placeholder: 'FILE',
        description: 'Write what the camera says to a new file, for nightjar replay. It holds pictures.',
      },
      {
        flag: 'capture-headers-only',
        description: 'Leave what pictures show and sound says out of that file.',
      },
      {
        flag: 'capture-bytes',
        placeholder: 'BYTES',
        description: 'Of media in that file at most; 4194304 unless given.',
      },
    ],
    settings: ['logLevel'],
  },
  {
    name: 'record',
    summary: 'Record one stream into files, without a server.',
    operands: ['URL'],
    options: [
      { flag: 'out', placeholder: 'FOLDER', description: 'Where the files go; required.' },
      {
        flag: 'duration',
        placeholder: 'SECONDS',
        description:
          'How much to record: from the first key frame, with --range from the instant asked for; required without it.',
      },
      {
        flag: 'range',
        placeholder: 'RANGE',
        description:
          'Footage that the camera or recorder kept: clock=20260131T120000Z-20260131T121000Z (UTC), npt=10-20, smpte=…',
      },
      {
        flag: 'scale',
        placeholder: 'FACTOR',
        description: 'With --range: as in fast forward, which usually leaves pictures out.',
      },
      {
        flag: 'speed',
        placeholder: 'FACTOR',
        description: 'With --range: have it sent faster than it was recorded.',
      },
      ...cameraOptions,
    ],
    settings: ['segmentSeconds', 'logLevel'],
  },
  {
    name: 'replay',
    summary: 'Be the camera that a captured dialogue is of, on this machine alone.',
    operands: ['FILE'],
    options: [
      { flag: 'port', placeholder: 'NUMBER', description: 'Where to listen; any that is free unless given.' },
    ],
    settings: [],
  },
  {
    name: 'coverage',
    summary: 'Say how much is recorded and why not the rest, also while the server runs.',
    operands: [],
    options: [
      configOption,
      {
        flag: 'from',
        placeholder: 'TIME',
        description:
          'Begin, such as 2026-01-31T12:00:00Z, or epoch milliseconds; a day before the end unless given.',
      },
      { flag: 'to', placeholder: 'TIME', description: 'End; now unless given.' },
      { flag: 'camera', placeholder: 'CAMERA', description: 'Name or id of the only camera to look at.' },
      {
        flag: 'csv',
        placeholder: 'FILE',
        description: 'Write a row for each gap to this file; - for standard output in place of the table.',
      },
      {
        flag: 'min-percent',
        placeholder: 'NUMBER',
        description: 'Exit code 1 when a stream has less than this, 0 to 100.',
      },
    ],
    settings: ['dataDir'],
  },
  {
    name: 'demo',
    summary: 'Record simulated cameras into a temporary folder and serve them.',
    operands: [],
    options: [],
    settings: settingNames.filter((name) => !folders.includes(name)),
  },
  {
    name: 'verify',
    summary: 'Compare the index with the recorded files, also while a server records.',
    operands: [],
    options: [
      configOption,
      {
        flag: 'deep',
        description: 'Read each file from end to end: hashes, checksums of fragments, times.',
      },
    ],
    settings: folders,
  },
  {
    name: 'reindex',
    summary: 'Make the index anew from the recorded files alone.',
    operands: [],
    options: [
      configOption,
      {
        flag: 'out',
        placeholder: 'FILE',
        description: 'Where the new index goes; nightjar.reindexed.db in the data folder unless given.',
      },
      {
        flag: 'replace',
        description: 'Put it in the place of the index, which is kept beside it. No server may run.',
      },
      {
        flag: 'without-missing-roots',
        description: 'Go on though the disk of a storage root is away: nothing of it is in the new index.',
      },
    ],
    settings: folders,
  },
  {
    name: 'backup',
    summary: 'Copy the index into a file, also while a server records.',
    operands: [],
    options: [configOption, { flag: 'to', placeholder: 'FILE', description: 'The new file; required.' }],
    settings: ['dataDir'],
  },
  {
    name: 'restore',
    summary: 'Put a backup in the place of the index, which is kept. No server may run.',
    operands: ['FILE'],
    options: [configOption],
    settings: folders,
  },
  {
    name: 'doctor',
    summary: 'Look for what keeps footage from being recorded, and say what to do about it.',
    operands: [],
    options: [configOption, { flag: 'no-cameras', description: 'Leave the cameras alone.' }],
    settings: [...folders, 'minFreeBytes'],
  },
  {
    name: 'help',
    summary: 'List the commands.',
    operands: [],
    options: [],
    settings: [],
  },
  {
    name: 'version',
    summary: 'Print the version.',
    operands: [],
    options: [],
    settings: [],
  },
] as const satisfies readonly CommandDefinition[];

export type CommandName = (typeof commandTable)[number]['name'];
