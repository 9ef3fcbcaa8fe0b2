// Claims on what is found in search engines, on what real ones answered once: recorded/story.ts.
import { afterEach, describe, expect, test } from '@jest/globals'
import { openServers } from '../../../test/server.ts'
import { nothing, recordedText, type SearchServer } from '../../../test/search-server.ts'
import { searchServer } from '../../../test/search-server.ts'
import { again, origin } from '../../../test/producer.ts'
import { recordedFrames } from '../../../test/recorded/story.ts'
import type { BackendReport } from '../tally.ts'
import { verifyBackend } from '../verify.ts'
import { searchBackends } from './search-backends.ts'

const servers = openServers()
afterEach(servers.close)

const spans = '*jaeger-span-*'
const documents = 'logs-grantlog.record-*'

async function serving(answers: { [indices: string]: string }): Promise<SearchServer> {
  return searchServer(servers, (indices) => [answers[indices] ?? nothing])
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
  const [ofSpans, ...claimingSpans] = asked(spans)
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
  expect(claimingSpans).toEqual([
    expect.objectContaining({ _source: ['traceID', 'spanID', 'tags', 'tag'] }),
  ])
  expect(JSON.stringify(asked(documents))).toContain('"ids":{"values":["01982f3e-')
})
