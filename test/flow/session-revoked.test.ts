// Scenario: the demo's world, with rules and a channel for Security Event Tokens. Mallory uses a
// refresh token of bob that has been replaced. Guarantee: the authorization server is told by a
// signed token, and ends bob's session: before, he came in without a password; now he is asked
// for it. How long it took is printed, and not asserted.
import { expect, test } from '@jest/globals'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { createProcesses } from '../../examples/demo/stage/processes.ts'
import { buildStage } from '../../examples/demo/stage/stage.ts'
import { createWorld, type Tokens } from '../../examples/demo/traffic/world.ts'

const issuer = 'https://log.example'
const audience = 'https://login.example'
/** Generous: it is a test of what happens, not of how fast. */
const patienceMs = 120_000

function configOf(port: number, key: string): string {
  return `version: 1
alerts:
  channels:
    - name: login
      type: security-events
      url: http://127.0.0.1:${port}/
      issuer: ${issuer}
      audience: ${audience}
      key: ${key}
`
}

test('a stolen refresh token ends the session at the authorization server', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-revoked-'))
  const processes = createProcesses(['--conditions=@grantlog/source'])
  let login = ''
  // Where the server is, is known only later; what comes goes there as it is.
  const relay = createServer((request, response) => {
    void text(request).then(async (body) => {
      const headers = { 'content-type': 'application/secevent+jwt' }
      const answer = await fetch(`${login}/security-events`, { method: 'POST', headers, body })
      answers.push(answer.status)
      response.writeHead(answer.status).end()
    })
  }).listen(0, '127.0.0.1')
  const answers: number[] = []
  try {
    await once(relay, 'listening')
    const { port } = relay.address() as AddressInfo
    const key = join(folder, 'events.jwk')
    const config = join(folder, 'grantlog.yaml')
    writeFileSync(config, configOf(port, key))
    const stage = await buildStage({
      ...{ folder, processes, jaeger: 'none', receiverArgs: ['--config', config] },
      events: { issuer, audience, keys: `${key}.pub` },
    })
    login = stage.apps.issuer
    const world = createWorld(stage.apps)
    const { bob, mallory, secrets, web } = world
    await bob.logIn()
    const { refresh_token } = JSON.parse((await bob.shop(200, '/tokens')).text) as Tokens
    await bob.shop(200, '/refresh', { method: 'POST' })
    const asksPassword = async (): Promise<boolean> =>
      (await bob.browser.open(`${web}/login`)).url.pathname.startsWith('/interaction/')
    expect(await asksPassword()).toBe(false)

    const form = { grant_type: 'refresh_token', refresh_token }
    const headers = { authorization: `Basic ${btoa(`web:${secrets.web}`)}` }
    expect((await mallory.send(`${login}/token`, { form, headers })).status).toBe(400)
    const stolenAt = performance.now()
    while (answers.length === 0 && performance.now() - stolenAt < patienceMs) await wait(5)
    const tookMs = Math.round(performance.now() - stolenAt)
    expect(answers[0]).toBe(202)
    expect(await asksPassword()).toBe(true)
    process.stdout.write(`refresh token reused, session revoked: ${tookMs} ms\n`)
    await stage.apps.stop()
  } finally {
    await processes.stopAll()
    relay.close()
    relay.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  }
}, 300_000)
