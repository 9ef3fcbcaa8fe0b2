// Scenario: programs use HTTP clients in all the ways that an observer could disturb: they look at
// functions and objects, count turns of the event loop, cancel, abort, break and forget streams,
// and leave errors to nobody.
// Guarantee: with the SDK each prints, gets, sends and ends exactly as without it, but for a line
// about records that it leaves behind.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Answers, nowhere, startAnswers } from './fixtures/answers.ts'
import { runScript } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

let answers: Answers
beforeAll(async () => {
  answers = await startAnswers()
})
afterAll(() => answers.close())

async function run(what: string, credentials: string | null): Promise<Record<string, unknown>> {
  answers.requests.length = 0
  const options = { credentials, script: 'behaviour.mjs', args: [what, answers.url, nowhere] }
  const { code, stdout, stderr } = await runScript(options)
  // Whether one that is given up after some milliseconds is sent before that, is a race.
  const requests = answers.requests.filter((one) => !one.includes('/silent/')).toSorted()
  // What dies has records on its disk, and tells the operator where.
  const told = stderr.split('\n').filter((line) => !line.startsWith('grantlog: RECORDS_UNSENT:'))
  return { code, stderr: told, stdout: stdout.split('\n'), requests }
}

test.each<[string, number, number | null]>([
  ['shapes', 0, 2],
  ['order', 0, 4],
  ['arguments', 0, 3],
  ['requests', 0, 2],
  ['aborts', 0, 4],
  ['bodies', 0, 9],
  ['streams', 0, 10],
  ['unhandled', 1, null],
  ['unhandled, undici', 1, null],
  ['unhandled, node:http', 1, null],
  ['unhandled, broken answer', 0, 1],
  ['late', 0, 1],
])('%s', async (what, code, records) => {
  const producer = newProducer()
  const sink: Sink = await startSink(producer)
  const without = await run(what, null)
  const audited = await run(what, producer.write(sink))
  await sink.close()
  expect(audited).toEqual(without)
  expect(audited.code).toBe(code)
  // The comparison means nothing if the SDK was not at work. What dies has no time to send it.
  expect(sink.records().length - 2).toBeGreaterThanOrEqual(records ?? -2)
  expect(Buffer.concat(sink.bodies).toString('latin1').toLowerCase()).not.toContain('s3cret')
})
