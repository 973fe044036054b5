/** An instant as a part of a file's name: `20260131T120000Z`. */
export function dateSuffix(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
