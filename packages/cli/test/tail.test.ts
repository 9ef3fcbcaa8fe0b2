// Scenario: a receiver that takes records while somebody follows. Guarantee: each record that
// matches is shown once, soon, in order; it ends with 0 when it is told to, or when nobody reads.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { ATTR } from '@grantlog/record'
import { grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
let receiver: Running
let stream: ReturnType<typeof openStream>
beforeAll(async () => {
  receiver = start(['receiver', '--data', data, '--port', '0', '--admin-port', '0', '--json'])
  const { otlpPort } = await receiver.event('READY')
  const file = join(folder, 'credentials.json')
  const place = ['--data', data, '--out', file]
  const endpoint = ['--endpoint', `http://127.0.0.1:${String(otlpPort)}`]
  const who = ['--service', 'login', '--role', 'authorization_server']
  await grantlog(['keys', 'new', ...who, ...place, ...endpoint])
  stream = openStream(file)
  await stream.send([
    [[ATTR.AUDIT_ACTION, 'audit.stream.start']],
    [[ATTR.OAUTH_CLIENT_ID, 'first']],
  ])
})
afterAll(async () => {
  receiver.kill('SIGTERM')
  await receiver.ended
  remove()
})

const send = (client: string, outcome = 'success'): Promise<unknown> =>
  stream.send([
    [
      [ATTR.OAUTH_CLIENT_ID, client],
      [ATTR.AUDIT_OUTCOME, outcome],
    ],
  ])

async function until(running: Running, text: string): Promise<void> {
  while (!running.stdout().includes(text)) await running.more()
}

test('what matches comes as it is committed, and Ctrl-C ends it', async () => {
  const args = ['--data', data, '--since', '-1h', '--json']
  const following = start(['tail', ...args, 'client:first', 'OR', 'outcome:denied'])
  await until(following, '"first"')
  await send('second')
  await send('third', 'denied')
  await send('fourth', 'denied')
  await until(following, '"fourth"')
  following.kill('SIGINT')
  const { code, stderr, stdout } = await following.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const clients = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { attributes: Record<string, string> }).attributes)
    .map((attributes) => attributes[ATTR.OAUTH_CLIENT_ID])
  expect(clients).toEqual(['first', 'third', 'fourth'])
})

test('as text it is a line for each', async () => {
  const following = start(['tail', '--data', data, '--since', '1h', '--client', 'first'])
  await until(following, '\n')
  following.kill('SIGTERM')
  const { code, stdout } = await following.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\S+Z success {3}login {6}oauth\.token +#\d+ first\n$/)
})

test('more than can be read at once is a gap', async () => {
  const many = Array.from({ length: 600 }, () => [[ATTR.OAUTH_CLIENT_ID, 'many']] as const)
  await stream.send(many)
  const following = start(['tail', '--data', data, '--since', '1h', '--json', 'client:many'])
  await until(following, '\n{"index"')
  following.kill('SIGINT')
  const [gap, ...records] = (await following.ended).stdout.trimEnd().split('\n')
  expect(JSON.parse(gap ?? '')).toEqual({ gap: { count: 100 } })
  expect(records).toHaveLength(500)
})

test('when nobody reads any more it ends', async () => {
  const main = join(import.meta.dirname, '..', 'src', 'main.ts')
  const command = `"${process.execPath}" --conditions=@grantlog/source "${main}" tail --json`
  const script = `(${command} --data "${data}" --since 1h client:first,last; echo "code $?" >&2)`
  const shell = spawn('sh', ['-c', `${script} | head -n 1`], {
    env: { ...process.env, GRANTLOG_PRIORITY: 'normal' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  shell.stderr.on('data', (part: Buffer) => (said += part.toString()))
  const ended = once(shell, 'close')
  await once(shell.stdout, 'data')
  // A broken pipe shows at the next line.
  while (said === '') {
    await send('last')
    await setTimeout(100)
  }
  await ended
  expect(said).toBe('code 0\n')
})
