// Claims on what is found in search engines, on what real ones answered once: recorded/story.ts.
import { afterEach, describe, expect, test } from '@jest/globals'
import { openServers } from '../../../test/server.ts'
import {
  nothing,
  type RecordedAnswer,
  recordedText,
  type SearchServer,
  searchServer,
} from '../../../test/search-server.ts'
import { again, origin } from '../../../test/producer.ts'
import { recordedFrames } from '../../../test/recorded/story.ts'
import type { BackendReport } from '../tally.ts'
import { verifyBackend } from '../verify.ts'
import { searchBackends } from './search-backends.ts'

const servers = openServers()
afterEach(servers.close)

const spans = '*jaeger-span-*'
const documents = 'logs-grantlog.record-*'

/** A server that has these answers, by the names that are asked for, or the one index of each. */
async function serving(
  answers: { readonly [indices: string]: string },
  refused?: string,
): Promise<SearchServer> {
  const byIndex = Object.entries(answers).map(([names, text]) => {
    const { hits } = (JSON.parse(text) as RecordedAnswer).hits
    return { names, index: hits[0]!._index, text }
  })
  const answer = (asked: string): string =>
    byIndex.find(({ index, names }) => names === asked || index === asked)?.text ?? nothing
  return searchServer(servers, (indices) => [answer(indices)], refused)
}

async function verify(url: string): Promise<BackendReport[]> {
  const reports: BackendReport[] = []
  for (const backend of await searchBackends({ engine: 'opensearch', url })) {
    reports.push(await verifyBackend({ backend, origin, frames: again(recordedFrames) }))
  }
  return reports
}

describe.each([
  [spans, 'opensearch-jaeger.json', 'jaeger'],
  [spans, 'opensearch-jaeger-fields.json', 'jaeger'],
  [spans, 'elasticsearch-jaeger.json', 'jaeger'],
  [documents, 'opensearch-records.json', 'records'],
  [documents, 'elasticsearch-records.json', 'records'],
])('in %s, %s', (indices, file, form) => {
  const text = recordedText(file)

  test('every record is exact', async () => {
    const { url } = await serving({ [indices]: text })
    expect(await verify(url)).toEqual([
      {
        ...{ backend: `opensearch/${form}`, records: 3, agrees: true, searchedAll: true },
        counts: { exact: 3, 'changed as known': 0, altered: 0, missing: 0, foreign: 0 },
        findings: [],
      },
    ])
  })

  test('one that was altered is told with its field and its place', async () => {
    const { url } = await serving({ [indices]: text.replace('refresh_reused', 'token_expired') })
    const [report] = await verify(url)
    expect(report).toMatchObject({ agrees: false, counts: { exact: 2, altered: 1, foreign: 0 } })
    const [finding] = report!.findings
    expect(finding).toMatchObject({ verdict: 'altered', index: 2 })
    expect(finding!.place).toMatch(/^\S+\/\S+$/)
    expect(finding!.fields).toContainEqual({
      ...{ field: 'oauth.error.reason', ledger: 'refresh_reused', backend: 'token_expired' },
    })
  })
})

test('both forms are told apart, and each has a report', async () => {
  const { url } = await serving({
    [spans]: recordedText('opensearch-jaeger.json'),
    [documents]: recordedText('opensearch-records.json'),
  })
  const reports = await verify(url)
  expect(reports.map(({ backend }) => backend)).toEqual(['opensearch/jaeger', 'opensearch/records'])
})

test('where neither is, there is nothing to compare', async () => {
  const { url } = await serving({})
  await expect(searchBackends({ engine: 'opensearch', url })).rejects.toMatchObject({
    code: 'BACKEND_HAS_NO_RECORDS',
  })
})

test('what belongs to no record of the ledger is foreign, once', async () => {
  for (const [indices, file] of [
    [spans, 'opensearch-jaeger.json'],
    [documents, 'opensearch-records.json'],
  ] as const) {
    const { url } = await serving({ [indices]: recordedText(file) })
    const [backend] = await searchBackends({ engine: 'opensearch', url })
    const frames = again(recordedFrames.slice(0, 1))
    const report = await verifyBackend({ backend: backend!, origin, frames })
    expect(report).toMatchObject({ records: 0, agrees: false, counts: { foreign: 3 } })
    const [finding] = report.findings
    expect(finding).toMatchObject({ verdict: 'foreign', index: null, action: expect.any(String) })
    expect(finding!.id).toMatch(/^01982f3e-/)
  }
})

test('records are asked for by what tells them apart, claims by what makes one', async () => {
  const server = await serving({
    [spans]: recordedText('opensearch-jaeger.json'),
    [documents]: recordedText('opensearch-records.json'),
  })
  await verify(server.url)
  const asked = (indices: string): unknown[] =>
    server.asked
      .filter(({ body, path }) => path === `/${indices}/_search` && body.size !== 0)
      .map(({ body }) => body)
  const [ofSpans] = asked(spans)
  expect(ofSpans).toMatchObject({
    query: {
      bool: {
        filter: [
          { terms: { traceID: ['a'.repeat(32), 'c'.repeat(32)] } },
          { terms: { spanID: ['a1'.repeat(8), 'b1'.repeat(8), 'c1'.repeat(8)] } },
        ],
      },
    },
  })
  expect(asked('story-jaeger-span-2026-11-23')).toEqual([
    expect.objectContaining({ _source: ['traceID', 'spanID', 'tags', 'tag'] }),
  ])
  expect(JSON.stringify(asked(documents))).toContain('"ids":{"values":["01982f3e-')
})

test('an index where tags cannot be searched is read through', async () => {
  const text = recordedText('opensearch-jaeger.json')
  const server = await serving({ [spans]: text }, 'nested')
  const [backend] = await searchBackends({ engine: 'opensearch', url: server.url })
  const frames = again(recordedFrames.slice(0, 1))
  const report = await verifyBackend({ backend: backend!, origin, frames })
  expect(report).toMatchObject({ counts: { foreign: 3 }, searchedAll: true })
  expect(server.asked.at(-2)!.body).toMatchObject({ query: { match_all: {} } })
})
