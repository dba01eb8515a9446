// Completes package-lock.json: npm leaves out optional packages of other platforms that its registry does not serve, and then
// `npm ci` refuses the file everywhere. Run after `npm install`; `--check` only tells (npm run check does).
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(file, 'utf8'))

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

const missing = []
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(name, place)) continue
    const platform = platformOf(name)
    if (platform) missing.push([`node_modules/${name}`, { version, ...platform, dev: true, optional: true }])
  }
}

if (missing.length > 0 && process.argv.includes('--check')) {
  process.stdout.write(
    `package-lock.json lacks ${missing.length} optional packages; run node scripts/complete-lock.mjs\n`,
  )
  process.exit(1)
}
const [root, ...packages] = [...Object.entries(lock.packages), ...missing]
packages.sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries([root, ...packages])
if (missing.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)

function isLocked(name, place) {
  return [`${place}/node_modules/${name}`, `node_modules/${name}`].some(path => path in lock.packages)
}

/** Which machine a platform package is for, by its name; undefined when it is for all. */
function platformOf(name) {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.filter(system => words.includes(system))
  const cpu = PROCESSORS.filter(processor => words.includes(processor))
  return os.length === 0 && cpu.length === 0 ? undefined : { os, cpu }
}
