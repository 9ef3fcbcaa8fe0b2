// Scenario: a real nginx in front of a service, with its default combined log; a service that is
// away for a while.
// Guarantee: what nginx passed on is accounted for line by line, and what it answered by itself is
// unknown, not missing.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, expect } from '@jest/globals'
import { faultTest } from './fault.ts'
import { compare, enrolApi, newPlace, startApp } from './reconciled.ts'
import { startReceiverProcess } from './receiver-process.ts'

const hasNginx = spawnSync('nginx', ['-v']).status === 0
const place = newPlace()
afterAll(place.remove)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** nginx in front of a URL; its log is `log`. */
async function startNginx(url: string, log: string): Promise<{ url: string; stop: () => void }> {
  const folder = join(place.folder, 'nginx')
  mkdirSync(folder)
  const port = await freePort()
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const server = `server { listen 127.0.0.1:${port}; location / { proxy_pass ${url}; } }`
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {} http { ${temporary.join(' ')} access_log ${log} combined; ${server} }`,
  )
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: 'ignore',
  })
  const ask = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
  while (!(await ask())) await delay(20)
  return { url: `http://127.0.0.1:${port}`, stop: () => void nginx.kill('SIGKILL') }
}

faultTest(
  {
    where: 'application',
    fault: 'it is away for a while, behind a real nginx that logs on',
    expected: 'what was passed on is accounted for; 502 is unknown, not missing',
    skip: hasNginx ? null : 'nginx is not installed (apt-get install nginx-light)',
  },
  async () => {
    const receiver = await startReceiverProcess(place.data)
    const credentials = await enrolApi(place, receiver.endpoint)
    // What it logs itself is not looked at.
    const own = { ACCESS_LOG: join(place.folder, 'own.log') }
    const app = await startApp(place, credentials, own)
    const nginx = await startNginx(app.url, place.log)
    try {
      const through = app.through(nginx.url)
      await through('/orders/1?code=s3cr3t', '/orders/2', '/orders/3', '/orders/%7B"4"%7D')
      await app.end()
      await through('/orders/5', '/orders/6')
    } finally {
      nginx.stop()
      await app.kill()
      await receiver.stop()
    }
    const { report } = await compare(place)
    expect(report).toMatchObject({ verdict: 'agrees', reasons: [] })
    const { matched, noRecord, notAudited, unknown } = report.log!.counts
    expect({ matched, noRecord, unknown }).toEqual({ matched: 4, noRecord: 0, unknown: 2 })
    expect(notAudited).toBeGreaterThan(0)
    expect(JSON.stringify(report)).not.toContain('s3cr3t')
    return `${matched} passed on, each with its record; ${unknown} answered by nginx: unknown`
  },
)
