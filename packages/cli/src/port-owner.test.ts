import { expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { commandName, isPortTaken, portOwner } from './port-owner.ts'

const testOnLinux = process.platform === 'linux' ? test : test.skip

testOnLinux('a port that this process listens on is ours, and then nobody’s', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  expect(portOwner(port)).toMatchObject({
    pid: process.pid,
    name: expect.stringMatching(/^node\b/),
  })
  expect(await isPortTaken(port)).toBe(true)
  await new Promise((resolve) => server.close(resolve))
  expect(portOwner(port)).toBeNull()
  expect([await isPortTaken(port), await isPortTaken(0)]).toEqual([false, false])
})

test.each([
  ['/usr/bin/node\0/srv/app/server.js\0--token=SECRET\0', 'node server.js'],
  ['node\0--import=/x/SECRET\0', 'node'],
  ['node\0http://h/SECRET\0', 'node'],
  ['otelcol\0u:SECRET\0', 'otelcol'],
  ['nginx: master process /usr/sbin/nginx\0', 'nginx'],
  ['sh\0-c\0SECRET\0', 'sh'],
  ['', ''],
])('the command line %j is named %j', (commandLine, name) => {
  expect(commandName(commandLine)).toBe(name)
})
