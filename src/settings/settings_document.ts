import { environmentName, settingNames, settingTable } from './setting_table.ts';

/** The text of `docs/settings.md`, made from the table of settings. */
export function settingsDocument(): string {
  return `${introduction}\n${settingNames.map(section).join('\n')}`;
}

const introduction = `# Settings

Every setting comes from one of four places. Where several have it, the first of these counts:

1. a flag: \`nightjar serve --port 8081\`
2. an environment variable: \`NIGHTJAR_PORT=8081\`
3. a line of \`nightjar.yaml\` in the working folder, or in the file that \`--config FILE\` or \`NIGHTJAR_CONFIG\` names: \`port: 8081\`
4. the default

A value that is not allowed stops the start with a message that names the source, the value and what would be
right, even where a stronger source hides it. So does a name that is no setting. Relative folders are meant from the
working folder.

| flag | environment | \`nightjar.yaml\` | default |
|---|---|---|---|
${settingNames
  .map(
    (name) =>
      `| \`--${settingTable[name].flag}\` | \`${environmentName(name)}\` | \`${name}\` | ${settingTable[name].defaultText} |`,
  )
  .join('\n')}
`;

function section(name: (typeof settingNames)[number]): string {
  const { flag, description, values, defaultText } = settingTable[name];
  return `## ${flag}

${description}

- Values: ${values}
- Default: ${defaultText}
`;
}
