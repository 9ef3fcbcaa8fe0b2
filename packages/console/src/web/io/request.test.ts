// Claims on asking: every answer becomes data or a problem, whatever stands between.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { apiUrl, isAway, isPassing, NO_ANSWER, request } from './request.ts'

const problem = { code: 'QUERY_SYNTAX', title: 'no', status: 400, at: 1, length: 2 }
const answers: Readonly<Record<string, readonly [status: number, body: string]>> = {
  '/good': [200, '{"a":1}'],
  '/problem': [400, JSON.stringify(problem)],
  '/proxy': [502, '<html>Bad Gateway</html>'],
  '/page': [200, '<!doctype html>'],
  '/odd': [500, '{"error":"x"}'],
}
let server: Server
let base = ''

beforeAll(async () => {
  server = createServer(({ url = '', method }, response) => {
    if (url === '/slow') return
    if (url === '/echo') return void response.end(JSON.stringify({ method }))
    const [status, body] = answers[url] ?? [404, '']
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

test('data, and a problem of the API', async () => {
  expect(await request(`${base}/good`)).toEqual({ data: { a: 1 } })
  expect(await request(`${base}/problem`)).toEqual({ problem })
  expect(await request(`${base}/echo`, { body: {} })).toEqual({ data: { method: 'POST' } })
})

test('what is not the API is told as such', async () => {
  const codes = await Promise.all(
    ['/proxy', '/page', '/odd'].map(async (path) => (await request(base + path)).problem?.code),
  )
  expect(codes).toEqual([NO_ANSWER, 'ANSWER_UNREADABLE', 'ANSWER_UNREADABLE'])
  expect((await request('http://127.0.0.1:1/')).problem).toMatchObject({ code: NO_ANSWER })
})

test('only what is given up rejects', async () => {
  const ending = new AbortController()
  const asked = request(`${base}/slow`, { signal: ending.signal })
  ending.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
})

test('a question has one address, without what is not asked', () => {
  const q = 'client:"a b" & c'
  expect(apiUrl('records', { q, limit: 5, cursor: null, personal: false, order: '' })).toBe(
    '/api/v1/records?limit=5&q=client%3A%22a+b%22+%26+c',
  )
  expect(apiUrl('state')).toBe('/api/v1/state')
})

test.each<[string, number, boolean, boolean]>([
  [NO_ANSWER, 0, true, true],
  ['CONSOLE_STARTING', 503, true, true],
  ['CONSOLE_BUSY', 429, true, false],
  ['CONSOLE_UNEXPECTED', 500, true, false],
  ['ANSWER_UNREADABLE', 200, false, false],
  ['QUERY_SYNTAX', 400, false, false],
])('%s, %i: whether it passes, and whether nobody is there', (code, status, passes, away) => {
  const problem = { code, status, title: '' }
  expect([isPassing(problem), isAway(problem)]).toEqual([passes, away])
})
