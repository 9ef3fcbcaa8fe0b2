// Starts Grantlog in code, for an application that takes its hooks out again.
import { startGrantlog } from '@grantlog/sdk'

const { stop, disable } = startGrantlog()
globalThis.takeOut = async () => {
  await stop()
  disable()
}
