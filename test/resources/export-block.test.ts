// The framed block in a worker's log: what went in comes out, and whatever happened to the log is noticed.
import t from 'tap'
import { Failure } from '../../src/lib/failure.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { exportBlock, readExportBlock } from '../../src/resources/export-block.ts'
import { seededRandom } from '../helpers/random.ts'

const digestOf = (content: Buffer) => `sha256:${sha256Hex(content)}`
const REPORT = '{"name":"io.example/one","version":"1.0.0","outcome":"added","reason":null,"issues":[]}\n'

function reasonOf(read: () => Buffer): string {
  try {
    return `read ${read().length} bytes`
  } catch (error) {
    return error instanceof Failure ? `${error.reason} ${error.class}` : String(error)
  }
}

t.test('a block comes back from between the other lines of a log', async t => {
  const random = seededRandom(t)
  // Chance does not compress: several parts.
  const large = Buffer.from(Array.from({ length: 100_000 }, () => Math.floor(random() * 256)))
  for (const content of [Buffer.from('{}\n'), Buffer.alloc(1024 * 1024, 'x'), large]) {
    const lines = [...exportBlock(content)]
    t.ok(
      lines.every(line => Buffer.byteLength(line) < 16 * 1024 && line.endsWith('\n') && JSON.parse(line)),
      `${lines.length} lines`,
    )
    const log = [REPORT, ...lines, '{"kind":"RunResult"}\n']
    t.ok(readExportBlock(log, digestOf(content)).equals(content))
  }
})

t.test('a block that is missing, torn, of another run or a bomb is lost, and that is transient', async t => {
  const content = Buffer.from(Array.from({ length: 20_000 }, (_, index) => sha256Hex(String(index))).join(''))
  const lines = [...exportBlock(content)]
  t.ok(lines.length > 3)
  const bomb = Buffer.alloc(64 * 1024 * 1024)
  const cases = {
    missing: [REPORT],
    'without a part': lines.filter((_, index) => index !== 2),
    'cut off': lines.slice(0, -1),
    'torn inside a line': [...lines.slice(0, -1), lines.at(-1)?.slice(0, 100) ?? ''],
    'of another run': [...exportBlock(Buffer.from('other'))],
    bomb: [...exportBlock(bomb)],
  }
  for (const [name, log] of Object.entries(cases)) {
    const wanted = name === 'bomb' ? digestOf(bomb) : digestOf(content)
    t.equal(
      reasonOf(() => readExportBlock(log, wanted)),
      'ResultLost transient',
      name,
    )
  }
})
