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

/** A command that keeps its data in a temporary folder does not take these from anybody. */
const folders: readonly SettingName[] = ['dataDir', 'recordingsDir'];

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
    name: 'demo',
    summary: 'Record simulated cameras into a temporary folder and serve them.',
    operands: [],
    options: [],
    settings: settingNames.filter((name) => !folders.includes(name)),
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
