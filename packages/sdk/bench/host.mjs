// A server of the tests in a process of its own, with or without the SDK, that tells its CPU time
// and its heap.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const fixtures = join(import.meta.dirname, '..', 'test', 'fixtures')
const connections = 16

/** What the server runs to answer us. */
const meter = `
  process.on('message', () => {
    gc()
    const { user, system } = process.cpuUsage()
    process.send({ cpuUs: user + system, heapBytes: process.memoryUsage().heapUsed })
  })`

/** Starts it; `credentials` null: without the SDK. */
export async function startHost({ credentials, jwk, token }) {
  const preload = credentials === null ? [] : ['--import', '@grantlog/sdk/register']
  const child = fork(join(fixtures, 'resource-server-import.mjs'), [], {
    cwd: join(fixtures, '..', '..'),
    execArgv: [
      ...['--conditions=@grantlog/source', '--expose-gc', ...preload],
      ...['--import', `data:text/javascript,${encodeURIComponent(meter)}`],
    ],
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    env: {
      PATH: process.env.PATH,
      FRAMEWORK: 'http',
      JWK: jwk,
      GRANTLOG_CREDENTIALS: credentials ?? '',
      GRANTLOG_STATE: mkdtempSync(join(tmpdir(), 'grantlog-state-')),
    },
  })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const options = { agent, headers: { authorization: `Bearer ${token}` } }
  const get = () =>
    new Promise((resolve, reject) => {
      httpRequest(`${line.trim()}/orders/4711?page=2`, options, (response) => {
        response.resume().on('end', resolve)
      })
        .on('error', reject)
        .end()
    })
  const measure = async () => {
    child.send('measure')
    return (await once(child, 'message'))[0]
  }
  return {
    /** CPU of a request in µs, over `count` of them, and the heap behind them. */
    run: async (count) => {
      const before = await measure()
      let left = count
      const ask = async () => {
        while (left-- > 0) await get()
      }
      await Promise.all(Array.from({ length: connections }, ask))
      const { cpuUs, heapBytes } = await measure()
      return { cpuUs: (cpuUs - before.cpuUs) / count, heapBytes }
    },
    end: async () => {
      agent.destroy()
      child.stdin.end()
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
