import { expect, test } from '@jest/globals'
import { formOf } from './form.ts'

test.each([
  ['application/x-protobuf', 'protobuf'],
  ['Application/X-Protobuf; charset=latin1', 'protobuf'],
  ['application/json', 'json'],
  ['application/json; charset=utf-8', 'json'],
  ['application/json;charset="UTF8"', 'json'],
  ['application/json; charset=utf-16', null],
  ['application/json; charset=utf-8; charset=latin1', null],
  ['application/jsonl', null],
  ['text/plain', null],
  ['', null],
  [undefined, null],
])('%s', (type, form) => {
  expect(formOf(type)).toBe(form)
})
