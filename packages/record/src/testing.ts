/**
 * What tests of other packages need of this one: log records as the bytes that any SDK sends.
 *
 * @module
 */
export {
  type Context,
  deletion,
  encodeLog,
  encodeLogs,
  type Fields,
  type Value,
} from './testing/logs.ts'
