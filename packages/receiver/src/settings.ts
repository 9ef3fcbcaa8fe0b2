// @grantlog/receiver/settings: what a file of settings or a policy is read with, and what it may
// say. Processes that only follow the ledger read the same file, and load nothing of what receives.
export { ALGORITHMS, ENROLLING_ROLES } from './callers/options.ts'
export { coreKeyOf } from './forward/core/receipts.ts'
export { type PolicyText, readPolicyText } from './producer/policy-text.ts'
export { TENANT_LIMITS, type TenantLimits } from './tenant-limits.ts'
export {
  type Fault,
  MAX_CONFIG_BYTES,
  MAX_CONFIG_DEPTH,
  type Place,
  readYaml,
  type YamlText,
} from './yaml.ts'
