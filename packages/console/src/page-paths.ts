// Where the page has something to show: the server answers with it there, the page says what with
// (web/shell/places.tsx). See server/server.test.ts.

export const pagePaths = [
  '/',
  '/records',
  '/records/:index',
  '/records/:index/lineage',
  '/lineage',
  // An index, id or hash.
  '/lineage/:target',
  '/findings',
  '/findings/:id',
  '/tokens',
  '/scopes',
  '/integrity',
  '/health',
] as const

export type PagePath = (typeof pagePaths)[number]
