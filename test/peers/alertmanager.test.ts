// Scenario: a finding is told to a real Alertmanager, again, and then closed. Guarantee: it has
// one alert of it, with the labels and words of the finding; a closed one is over.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { findingStateOf } from '../../packages/detect/test/detections.ts'
import { alertmanager } from '../../packages/detect/src/alerts/alertmanager.ts'
import type { Notice } from '../../packages/detect/src/alerts/channel.ts'
import { post } from '../../packages/detect/src/io/post.ts'
import { peerTest } from './peer-test.ts'
import { findPeer } from './peers.ts'

interface Alert {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly generatorURL: string
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

peerTest('Alertmanager takes a finding, and that it is closed', ['alertmanager'], async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-alertmanager-'))
  const config = join(folder, 'alertmanager.yml')
  writeFileSync(config, 'route: { receiver: none }\nreceivers: [{ name: none }]\n')
  const url = `http://127.0.0.1:${await freePort()}`
  const flags = [`--config.file=${config}`, `--storage.path=${folder}`, '--cluster.listen-address=']
  const args = [...flags, `--web.listen-address=${new URL(url).host}`]
  const server = spawn(findPeer('alertmanager').path!, args, { stdio: 'ignore' })
  try {
    const isReady = (): Promise<boolean> =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
    while (!(await isReady())) await wait(100)
    const alerts = async (): Promise<Alert[]> =>
      (await (await fetch(`${url}/api/v2/alerts`)).json()) as Alert[]
    const consoleUrl = 'http://127.0.0.1:4319'
    const channel = alertmanager({ name: 'am', url, level: 'low', consoleUrl })
    const send = async (notice: Notice): Promise<void> => {
      const delivery = await channel.request([notice], Date.now())
      expect(await post(channel.url, delivery!)).toEqual({ outcome: 'taken' })
    }
    const at = Date.now() - 1_000
    const finding = findingStateOf(7, { at, lastAt: at, madeAt: at + 10 })
    await send({ finding, kind: 'found', index: 7 })
    await send({ finding: { ...finding, times: 2 }, kind: 'again', index: 8 })
    expect(await alerts()).toMatchObject([
      {
        labels: { alertname: 'Rule 1', finding: finding.id, severity: 'high' },
        annotations: { summary: 'Something happened.', attack: 'T1528', times: '2' },
        generatorURL: `${consoleUrl}/findings/${finding.id}`,
      },
    ])
    await send({ finding: { ...finding, status: 'closed' }, kind: 'status', index: 9 })
    while ((await alerts()).length > 0) await wait(100)
    const refused = await post(channel.url, { headers: {}, body: '{' })
    expect(refused.outcome).not.toBe('taken')
  } finally {
    server.kill('SIGKILL')
    await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
})
