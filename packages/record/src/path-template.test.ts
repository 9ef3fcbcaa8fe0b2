import { expect, test } from '@jest/globals'
import { pathOf, templateOf } from './path-template.ts'

test.each([
  ['/orders/4711', '/orders/:id'],
  ['/orders', '/orders'],
  ['/', '/'],
  ['', '/'],
  ['/v1/user-data/order_items/', '/v1/user-data/order_items'],
  ['/users/Ada/orders', '/users/:id/orders'],
  ['/reset/0123456789abcdef', '/reset/:id'],
  ['/eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2ln', '/:id'],
  ['/a@example.com', '/:id'],
  ['/%61dmin', '/:id'],
  ['//x', '/:id/x'],
  ['/abcdefghijklmnopq', '/:id'],
  ['/a-b-c-d', '/:id'],
  ['/ü', '/:id'],
  // User codes of the device flow, as people type them.
  ['/device/wdjbmjht', '/device/:id'],
  ['/device/wdjb-mjht/approve', '/device/:id/approve'],
  ['/reset/xkqzrtbwmplaecno', '/reset/:id'],
  ['/backchannel/strengths/https', '/backchannel/strengths/https'],
  ['/v123', '/:id'],
  [`/${'a/'.repeat(16)}`, `/${Array.from({ length: 16 }, () => 'a').join('/')}`],
  [`/${'a/'.repeat(17)}`, `/${Array.from({ length: 16 }, () => 'a').join('/')}/...`],
])('%s is told as %s', (path, template) => {
  expect(templateOf(path)).toBe(template)
})

test.each([
  ['/orders/1?access_token=secret', '/orders/1'],
  ['/orders/1#secret', '/orders/1'],
  ['https://user:secret@example.com/orders?x', '/orders'],
  ['http://example.com', '/'],
  ['*', null],
  ['example.com:443', null],
  ['http://[', '/'],
  ['foo://h/admin/x?y', '/admin/x'],
  ['http:///admin/x', '/admin/x'],
  ['http://h/a/../b', '/a/../b'],
  ['', null],
])('the path of the target %s is %s', (target, path) => {
  expect(pathOf(target)).toBe(path)
})

test('a megabyte of path is told shortly', () => {
  expect(templateOf('/a'.repeat(500_000)).length).toBeLessThan(64)
  expect(pathOf(`/${'?'.repeat(1_000_000)}`)).toBe('/')
})
