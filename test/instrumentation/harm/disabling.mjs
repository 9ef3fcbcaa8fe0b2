// Starts Grantlog in code, for an application that takes its hooks out again; or nothing, where
// there are no credentials.
if (process.env.GRANTLOG_CREDENTIALS !== undefined) {
  const { startGrantlog } = await import('@grantlog/sdk')
  const { stop, disable } = startGrantlog()
  globalThis.takeOut = async () => {
    await stop()
    disable()
  }
}
