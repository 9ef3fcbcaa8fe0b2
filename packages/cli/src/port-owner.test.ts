import { expect, test } from '@jest/globals'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { portOwner } from './port-owner.ts'

const testOnLinux = process.platform === 'linux' ? test : test.skip

testOnLinux('a port that this process listens on is ours, and then nobody’s', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  expect(portOwner(port)).toMatchObject({ pid: process.pid })
  await new Promise((resolve) => server.close(resolve))
  expect(portOwner(port)).toBeNull()
})
