import { writeFileSync } from 'node:fs';
import { type CatalogueEntry, errorCatalogue } from '../src/errors/catalogue.ts';

const preamble = `# Errors

Every error that Nightjar reports has one of these codes: in the log, in the problem details of an HTTP answer
(RFC 9457, member \`code\`), in the state of a stream and in the output of a command. This page is made from
\`src/errors/catalogue.ts\` by \`scripts/error_docs.ts\`; change the catalogue, not the page.

*Class* says whose trouble it is. *Retry* says whether the same attempt may succeed later without anybody changing
anything; for a camera or a disk, Nightjar itself tries again.

| code | class | what happened | what to do | retry | HTTP |
|---|---|---|---|---|---|
`;

/** The text of docs/errors.md for a catalogue. */
export function errorDocs(catalogue: Record<string, CatalogueEntry>): string {
  const rows = Object.entries(catalogue).map(([code, entry]) => {
    const retry = entry.retryable ? 'yes' : 'no';
    return `| \`${code}\` | ${entry.class} | ${entry.meaning} | ${entry.advice} | ${retry} | ${entry.httpStatus} |\n`;
  });
  return preamble + rows.join('');
}

if (import.meta.main) {
  writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocs(errorCatalogue));
}
