/**
 * The architecture as rules, enforced by `npm run check`; each says why it exists.
 * docs/architecture.md shows the same table to readers, and a test keeps the two equal.
 */
import { Compiler } from '@swc/core';
import { Visitor } from '@swc/core/Visitor.js';

// The visitor of swc, which dependency-cruiser parses with, does not know `using` declarations and throws.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  return { ...statement, decls: this.visitVariableDeclarators(statement.decls) };
};

// dependency-cruiser does not tell swc which files hold JSX.
const { parseFileSync } = Compiler.prototype;
Compiler.prototype.parseFileSync = function (file, options) {
  return parseFileSync.call(this, file, { ...options, tsx: file.endsWith('.tsx') });
};

const base = ['units', 'bytes', 'errors', 'clock', 'footage'];

/** What each folder of src/ may import besides itself. Folders that are not named here may import everything. */
export const mayImport = {
  units: [],
  bytes: [],
  errors: [],
  clock: ['units'],
  events: [],
  footage: ['units'],
  logging: base,
  settings: base,
  host: [...base, 'logging/line_format.ts'],
  media: base,
  flac: base,
  pcm: base,
  sdp: base,
  rtsp: [...base, 'sdp'],
  onvif: [...base, 'rtsp/authentication.ts', 'rtsp/digest.ts', 'rtsp/url.ts'],
  rtp: [...base, 'media'],
  mp4: [...base, 'media'],
  roots: [...base, 'events'],
  recorder: [
    ...base,
    'roots',
    'events',
    'logging',
    'sdp',
    'rtsp',
    'rtp',
    'media',
    'mp4',
    'flac',
    'pcm',
    'dialogue',
  ],
  probe: [
    ...base,
    'media',
    'sdp',
    'rtsp',
    'rtp',
    'dialogue',
    'recorder/stream_session.ts',
    'recorder/transport_choice.ts',
  ],
  alarms: [...base, 'events', 'recorder/status.ts', 'host/clock_synchronisation.ts'],
  live: [...base, 'recorder/live_item.ts', 'recorder/status.ts'],
  index: base,
  retention: [...base, 'roots', 'logging', 'index', 'recorder/paths.ts'],
  playback: [...base, 'media', 'mp4', 'index', 'flac', 'pcm'],
  export: [...base, 'media', 'mp4', 'index', 'playback'],
  delivery: [...base, 'roots', 'logging', 'media', 'mp4', 'index', 'playback', 'export'],
  verify: [
    ...base,
    'roots',
    'index',
    'mp4',
    'recorder/scan_file.ts',
    'recorder/stray_file.ts',
    'recorder/paths.ts',
  ],
  reindex: [
    ...base,
    'roots',
    'index',
    'mp4',
    'recorder/scan_file.ts',
    'recorder/camera_label.ts',
    'recorder/stream_job.ts',
    'recorder/paths.ts',
    'recorder/stray_file.ts',
  ],
  doctor: [...base, 'host/clock_synchronisation.ts'],
  dialogue: base,
  simulator: [...base, 'logging', 'sdp', 'rtsp', 'rtp', 'media', 'mp4', 'dialogue'],
};

/** The files that touch the world outside the process. All others take bytes or values and give values. */
const shells = {
  network: [
    'src/rtsp/connection.ts',
    'src/rtsp/datagram_pair.ts',
    'src/rtsp/server*.ts',
    'src/rtsp/websocket_tunnel.ts',
    'src/onvif/device_http.ts',
    'src/onvif/probe_socket.ts',
    'src/simulator/**',
    'src/api/**',
    'src/commands/**',
  ],
  disk: [
    'src/version.ts',
    'src/host/clock_synchronisation.ts',
    'src/host/watchdog_worker.ts',
    'src/roots/make_folders.ts',
    'src/roots/marker.ts',
    'src/roots/proven_root.ts',
    'src/roots/read_flags.ts',
    'src/roots/root_watch.ts',
    'src/demo_service.ts',
    'src/commands/**',
    'src/api/routes/ui.ts',
    'src/settings/load_settings.ts',
    'src/settings/settings_file.ts',
    'src/recorder/camera_label_file.ts',
    'src/recorder/folder_sync.ts',
    'src/roots/journal_file.ts',
    'src/recorder/adoption.ts',
    'src/recorder/recovery.ts',
    'src/recorder/repair_file.ts',
    'src/recorder/set_aside.ts',
    'src/recorder/scan_file.ts',
    'src/recorder/stray_file.ts',
    'src/recorder/storage_root.ts',
    'src/retention/sweep_files.ts',
    'src/simulator/clip.ts',
    'src/simulator/dialogue_sources.ts',
    'src/delivery/recorded_files.ts',
    'src/index/database.ts',
    'src/index/migrations.ts',
    'src/doctor/machine_facts.ts',
    'src/index/backup.ts',
    'src/index/draft.ts',
    'src/index/rebuild.ts',
    'src/index/replace_database.ts',
    'src/reindex/found_footage.ts',
    'src/roots/folder_entries.ts',
  ],
  database: ['src/index/**'],
  web: ['src/api/**'],
};

const tests = '(\\.test\\.ts$|^test/|^scripts/)';

/** The regular expression of a path with `*` (within a folder) and `**` (across folders). */
const pattern = (path) =>
  `^${path.replace(/[.]/g, '\\.').replace(/\*+/g, (stars) => (stars === '**' ? '.*' : '[^/]*'))}`;

const folderRules = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `folder-${folder}`,
  comment: `src/${folder} imports ${allowed.join(', ') || 'nothing of ours'} only: data flows one way.`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: tests },
  to: { path: '^src/', pathNot: [folder, ...allowed].map((name) => pattern(`src/${name}`)) },
}));

const shellRule = (kind, what, why) => ({
  name: `shell-${kind}`,
  comment: `${why} Move the import to a shell file, or name the file as one in .dependency-cruiser.mjs.`,
  severity: 'error',
  from: { path: '^src/', pathNot: [tests, ...shells[kind].map(pattern)] },
  to: { path: what },
});

export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Files that need each other cannot be understood or tested one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-utils',
      comment:
        'A file or folder is named by its noun; "utils" and the like collect what nobody can find again.',
      severity: 'error',
      from: {},
      to: { path: '(^|/)(utils?|helpers?|common|misc|shared)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    {
      name: 'no-barrels',
      comment:
        'A file that only re-exports hides who uses what, and makes commands load what they do not use.',
      severity: 'error',
      from: {},
      to: { path: '/index\\.ts$', pathNot: 'node_modules' },
    },
    {
      name: 'no-tests-in-product',
      comment: 'The product must run without its tests and their fixtures.',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '(^test/|\\.test\\.ts$)' },
    },
    {
      name: 'no-dev-packages-in-product',
      comment: 'The product must run with the packages of "dependencies" alone. (Types are erased.)',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], pathNot: '/@types/' },
    },
    {
      name: 'no-unlisted-packages',
      comment:
        'What is imported is listed in package.json, or the next update of another package removes it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'An import must lead somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-timers-beside-clock',
      comment: 'Tests simulate time, so all timers come from a Clock (src/clock).',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/clock/'] },
      to: { path: '^(node:)?(timers|perf_hooks)' },
    },
    {
      name: 'ui-takes-types-only',
      comment:
        'The browser loads nothing of the server; the two share the types of the API. (scripts/contract_by_type.grit)',
      severity: 'error',
      from: { path: '^ui/', pathNot: tests },
      to: { path: '^src/', pathNot: '^src/api/contract/' },
    },
    {
      name: 'nothing-takes-ui',
      comment: 'The server serves what was built of ui/, and knows nothing of what is in it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^ui/' },
    },
    shellRule(
      'network',
      '^((node:)?(net|dgram|tls|https?|http2)$|node_modules/ws/)',
      'Protocol code is pure, so that every packet a camera ever sent can be replayed in a test.',
    ),
    shellRule(
      'disk',
      '^(node:)?fs(/promises)?$',
      'Who may write to the disk is a short list, because the durable order depends on it.',
    ),
    shellRule(
      'database',
      '^node_modules/(@types/)?better-sqlite3/',
      'The index has one writer and one vocabulary: SQL stays in src/index.',
    ),
    shellRule('web', '^node_modules/(@fastify/|fastify/)', 'Only src/api knows the web framework.'),
    ...folderRules,
  ],
  options: {
    // dependency-cruiser cannot use TypeScript 7, which has no JavaScript API; swc parses the same files.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^ui/dist'] },
    exclude: { path: '^ui/dist' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
