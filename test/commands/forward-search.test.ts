// Guarantee: `grantlog forward` writes documents to a search server as the receiver does: each
// once, however often it is sent, and what is refused is named.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { type SearchServer, startSearchServer } from '../../packages/receiver/test/search-server.ts'
import { grantlog, temporaryFolder } from '../../packages/cli/test/command.ts'
import { makeSample, type Sample } from '../../packages/cli/test/producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
let server: SearchServer
beforeAll(async () => {
  sample = await makeSample(folder)
})
beforeEach(async () => {
  server = await startSearchServer()
})
afterEach(() => server.close())
afterAll(remove)

interface Report {
  readonly code: number | null
  readonly sent: number
  readonly refused: number
  readonly refusals: readonly { readonly status: number; readonly indexes: readonly number[] }[]
}

async function forward(flag: string): Promise<Report> {
  const args = ['forward', '--data', sample.data, '--json', '--from', '0', flag, server.url]
  const { code, stderr, stdout } = await grantlog(args)
  expect(stderr).toBe('')
  return { code, ...(JSON.parse(stdout) as Omit<Report, 'code'>) }
}

test.each(['--opensearch', '--elasticsearch'])('%s gets each record once', async (flag) => {
  const { code, sent } = await forward(flag)
  expect(code).toBe(0)
  expect(sent).toBeGreaterThan(0)
  expect(server.template).not.toBe(null)
  expect(server.documents.size).toBe(sent)
  const before = new Map(server.documents)
  expect(await forward(flag)).toMatchObject({ code: 0, sent, refused: 0 })
  expect(server.documents).toEqual(before)
})

test('a document that does not fit is named; the others are there', async () => {
  const error = { type: 'document_parsing_exception', reason: 'no' }
  let items = 0
  server.item = () => (items++ === 1 ? { status: 400, error } : { status: 201 })
  const { code, refusals, refused, sent } = await forward('--opensearch')
  expect([code, refused]).toEqual([1, 1])
  expect(refusals).toMatchObject([{ status: 400, indexes: [expect.any(Number)] }])
  expect(server.documents.size).toBe(sent)
})
