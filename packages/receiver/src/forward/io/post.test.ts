// What a server of OTLP gets that answers early, over a real socket; its answers and what they
// mean are proven by forward.test.ts.
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, expect, test } from '@jest/globals'
import { post } from './post.ts'

const server = createServer()
afterAll(() => new Promise((resolve) => server.close(resolve)))

const answer =
  'HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n'

test('parts are one body', async () => {
  const [url, accepted] = await listening()
  const sent = post([Buffer.from('one '), Buffer.from('two')], optionsFor(url))
  const socket = await accepted
  const request = await new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('two')) resolve(text)
    })
  })
  expect(request).toMatch(/\r\ncontent-length: 7\r\n[^]*\r\n\r\none two$/i)
  socket.end(answer)
  expect(await sent).toEqual({ outcome: 'taken', rejectedSpans: 0 })
})

test('who answers before all was sent gets no more: its memory may go away', async () => {
  const [url, accepted] = await listening()
  const parts = Array.from({ length: 16 }, () => Buffer.allocUnsafeSlow(4 * 1024 * 1024).fill('a'))
  const sent = post(parts, optionsFor(url))
  const socket = await accepted
  socket.pause()
  socket.write(answer)
  expect(await sent).toEqual({ outcome: 'taken', rejectedSpans: 0 })

  for (const { buffer } of parts) buffer.transfer(0)
  const others = Array.from({ length: 16 }, () => Buffer.allocUnsafeSlow(4 * 1024 * 1024).fill('b'))
  const got: Buffer[] = []
  socket.on('data', (chunk: Buffer) => got.push(chunk)).resume()
  await new Promise((resolve) => socket.once('close', resolve))
  const all = Buffer.concat(got)
  const body = all.subarray(all.indexOf('\r\n\r\n') + 4)
  expect(body.length).toBeLessThan(others.length * 4 * 1024 * 1024)
  expect(body.every((byte) => byte === 0x61)).toBe(true)
})

/** A URL, and the connection that comes. */
async function listening(): Promise<[string, Promise<Socket>]> {
  if (!server.listening) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const accepted = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => resolve(socket.on('error', () => undefined)))
  })
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, accepted]
}

function optionsFor(url: string) {
  return { url, headers: {}, timeoutMs: 20_000, signal: new AbortController().signal }
}
