export const coverage = {
  'coverage.view': ({ percent }: { percent: string }) => `${percent}\u202f% recorded in this view`,
  'coverage.nothing': 'Nothing was to be recorded in this view',
  'coverage.cause': ({ cause, length }: { cause: string; length: string }) => `${cause} ${length}`,
  'coverage.longest': ({ length, instant }: { length: string; instant: string }) =>
    `Longest gap: ${length} at ${instant}`,
  'coverage.lost': ({ pictures, packets }: { pictures: number; packets: number }) =>
    `lost on the way: ${pictures} pictures, ${packets} packets`,
  'coverage.title': 'Recorded',
  'coverage.day': 'Last 24 h',
  'coverage.week': 'Last 7 days',
  'coverage.gap': 'Longest gap in 7 days',
  'coverage.percent': ({ percent }: { percent: string }) => `${percent}\u202f%`,
  'coverage.none': '–',
};
