// @grantlog/query/times: how queries read times, for pages, which run without Node.
export { dateOf, timeOf } from './language/values.ts'
