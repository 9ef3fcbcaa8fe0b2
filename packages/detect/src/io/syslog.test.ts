// Guarantee: a delivery is taken when the server read it to its end and closed; whatever else
// happens, it comes again.
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import {
  type Authority,
  createAuthority,
  HERE,
  type Issued,
} from '../../../../test/certificates.ts'
import { sendSyslog } from './syslog.ts'

const delivery = { headers: {}, body: '5 <34>1' }
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Reads to the end, and closes. */
function reader(read: string[]): (socket: Socket) => void {
  return (socket) => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => (text += String(chunk))).on('end', () => read.push(text))
  }
}

describe('over TCP', () => {
  test('it is taken by who reads it to its end', async () => {
    const read: string[] = []
    const port = await listen(createServer(reader(read)))
    const outcome = await sendSyslog({ url: `tcp://127.0.0.1:${port}` }, delivery)
    expect([outcome, read]).toEqual([{ outcome: 'taken' }, [delivery.body]])
  })

  test('it comes again when nobody listens', async () => {
    const port = await listen(createServer())
    servers.splice(0)[0]!.close()
    const outcome = await sendSyslog({ url: `tcp://127.0.0.1:${port}` }, delivery)
    expect(outcome).toEqual({ outcome: 'later', reason: 'ECONNREFUSED', waitMs: 0 })
  })

  test('it comes again when the server breaks off, though the socket took all of it', async () => {
    const port = await listen(createServer((socket) => socket.resume().resetAndDestroy()))
    const outcome = await sendSyslog({ url: `tcp://127.0.0.1:${port}` }, delivery)
    expect(outcome).toMatchObject({ outcome: 'later' })
  })

  test('it comes again when the server reads and never closes', async () => {
    const sockets: Socket[] = []
    const keep = (socket: Socket): void => void sockets.push(socket.resume())
    const port = await listen(createServer({ allowHalfOpen: true }, keep))
    const to = { url: `tcp://127.0.0.1:${port}` }
    const outcome = await sendSyslog(to, delivery, { timeoutMs: 100 })
    for (const socket of sockets) socket.destroy()
    expect(outcome).toMatchObject({ outcome: 'later', reason: 'it was not read to its end' })
  })

  test('it comes again when this process ends meanwhile', async () => {
    const ending = new AbortController()
    const port = await listen(createServer({ allowHalfOpen: true }, () => ending.abort()))
    const to = { url: `tcp://127.0.0.1:${port}` }
    const outcome = await sendSyslog(to, delivery, { signal: ending.signal })
    expect(outcome).toMatchObject({ outcome: 'later' })
    expect(await sendSyslog(to, delivery, { signal: ending.signal })).toMatchObject({
      outcome: 'later',
    })
  })
})

describe('over TLS', () => {
  let authority: Authority
  let server: Issued
  let client: Issued
  beforeAll(async () => {
    authority = await createAuthority()
    server = await authority.issue({ san: HERE })
    client = await authority.issue({ commonName: 'alerts' })
  })

  /** One that wants to see a certificate. */
  const start = (read: string[], name = server): Promise<number> => {
    const { cert, key } = name
    const asks = { requestCert: true, rejectUnauthorized: true, ca: authority.cert }
    const made = createTlsServer({ cert, key, ...asks }, reader(read))
    return listen(made.on('tlsClientError', () => undefined))
  }

  test('it is taken by who has a certificate that is believed, and believes ours', async () => {
    const read: string[] = []
    const url = `tls://127.0.0.1:${await start(read)}`
    const tls = { ca: authority.cert, cert: client.cert, key: client.key }
    expect(await sendSyslog({ url, tls }, delivery)).toEqual({ outcome: 'taken' })
    expect(read).toEqual([delivery.body])
  })

  test.each([
    ['no certificate of ours', async () => ({ ca: authority.cert })],
    ['an authority that we do not know', async () => ({ cert: client.cert, key: client.key })],
    ['a key that is none', async () => ({ ca: authority.cert, cert: client.cert, key: 'made up' })],
  ])('it comes again, and nothing was read: %s', async (_what, given) => {
    const read: string[] = []
    const url = `tls://127.0.0.1:${await start(read)}`
    const outcome = await sendSyslog({ url, tls: await given() }, delivery)
    expect(outcome).toMatchObject({ outcome: 'later' })
    expect(read.join('')).toBe('')
  })

  test('a certificate of another name is not believed', async () => {
    const read: string[] = []
    const other = await authority.issue({ san: [{ type: 'dns', value: 'other.example' }] })
    const url = `tls://127.0.0.1:${await start(read, other)}`
    const tls = { ca: authority.cert, cert: client.cert, key: client.key }
    const outcome = await sendSyslog({ url, tls }, delivery)
    expect(outcome).toMatchObject({ outcome: 'later', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(read.join('')).toBe('')
  })
})
