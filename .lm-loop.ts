const { driver } = await import(process.env.DRIVER!)
const from = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 50)
const t = process.cpuUsage(); const sums: Record<string, number> = {}
for (let s = from; s < from + n; s++) {
  try { for (const [k, v] of Object.entries(await driver.run(s))) sums[k] = (sums[k] ?? 0) + (v as number) }
  catch (e) { console.log('seed', s, e) }
}
const u = process.cpuUsage(t)
console.log(((u.user + u.system) / 1000 / n).toFixed(2), 'ms CPU/seed', sums)
