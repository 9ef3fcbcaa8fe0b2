import { expect, test } from '@jest/globals'
import { ipIn } from './address.ts'

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:51234', '203.0.113.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:DB8::1]:443', '2001:DB8::1'],
  ['::ffff:203.0.113.7', '::ffff:203.0.113.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['S3cret', null],
  ['256.0.113.7', null],
  ['1.2.3', null],
  ['1.2.3.4.5', null],
  ['1..3.4', null],
  ['255.255.255.255', '255.255.255.255'],
  ['01.2.3.4', '01.2.3.4'],
  ['001.2.3.4', null],
  ['1.2.3.1000', null],
  ['1.2.3.4.', null],
  ['deadbeef', null],
  ['12345', null],
  ['::S3cret', null],
  ['1.2.3.4, S3cret', null],
  ['1.2.3.4:S3cret', null],
  ['::1%S3cret-S3cret-S3cret-S3cret', null],
  ['', null],
  ['unknown', null],
  ['1'.repeat(100_000), null],
])('the address %s is %s', (text, address) => {
  expect(ipIn(text)).toBe(address)
})
