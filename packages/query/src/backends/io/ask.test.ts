// Claims on one request to a backend: what it may cost, and whom it is made to.
import { afterEach, expect, test } from '@jest/globals'
import { bodyOf, openServers } from '../../../test/server.ts'
import { ask } from './ask.ts'

const servers = openServers()
afterEach(servers.close)

const timeoutMs = 10_000

test('an answer is read up to its limit, and no byte further', async () => {
  const url = new URL(await servers.serve((_, response) => response.end('"12345678"')))
  const whole = await ask(url, {}, { answerBytes: 10, timeoutMs })
  expect(whole).toEqual({ status: 200, body: '12345678' })
  const cut = ask(url, {}, { answerBytes: 9, timeoutMs })
  await expect(cut).rejects.toMatchObject({ code: 'BACKEND_ANSWER_TOO_LARGE' })
})

test('an answer that does not come is unreachable', async () => {
  const url = new URL(await servers.serve(() => undefined))
  const late = ask(url, {}, { answerBytes: 10, timeoutMs: 20 })
  await expect(late).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE' })
})

test('a question goes out with its method, body and headers', async () => {
  const url = await servers.serve(async (request, response) => {
    const { headers, method } = request
    const { accept, authorization, 'content-type': type } = headers
    const body = await bodyOf(request)
    response.end(JSON.stringify({ method, accept, authorization, type, body }))
  })
  const json = 'application/json'
  const headers = { authorization: 'ApiKey x' }
  const { body } = await ask(new URL(url), { method: 'POST', body: { size: 1 }, headers })
  expect(body).toEqual({
    ...{ method: 'POST', accept: json, authorization: 'ApiKey x' },
    ...{ type: json, body: { size: 1 } },
  })
  expect((await ask(new URL(url))).body).toEqual({ method: 'GET', accept: json })
})

test('a redirect is not followed, so nobody else gets the credentials', async () => {
  let asked = 0
  const elsewhere = await servers.serve((_, response) => {
    asked++
    response.end('{}')
  })
  const url = await servers.serve((_, response) => {
    response.writeHead(307, { location: elsewhere }).end('{}')
  })
  const { status } = await ask(new URL(url), { headers: { authorization: 'ApiKey x' } })
  expect([status, asked]).toEqual([307, 0])
})

test('no error shows a header, not even one that cannot be sent', async () => {
  const headers = { authorization: 'Basic \u0000secret' }
  const asked = ask(new URL(await servers.saying({})), { headers })
  const error = await asked.catch((reason: unknown) => reason as Error)
  expect(error).toMatchObject({ code: 'BACKEND_UNREACHABLE' })
  // Errors of fetch are of another realm here, so they are no instances of our Error.
  for (let at = error as Error | undefined; at !== undefined; at = at.cause as Error | undefined) {
    expect(`${at.message}${at.stack}`).not.toContain('secret')
  }
})

test.each([
  ['9007199254740993', 9_007_199_254_740_993n],
  ['-9223372036854775808', -9_223_372_036_854_775_808n],
  ['9007199254740991', 9_007_199_254_740_991],
  ['1.5', 1.5],
  ['1e300', 1e300],
  ['{', undefined],
])('the number %s is %p', async (text, value) => {
  const url = await servers.serve((_, response) => response.end(text))
  expect((await ask(new URL(url))).body).toEqual(value)
})
