// The guard before unpacking: finds what would be too large in every kind of object, and what lies about its size.
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { oversizedObject } from '../../../src/git/isomorphic/pack-guard.ts'
import { packedObject, packHeader } from '../../../src/git/pack-format.ts'

const TRAILER = Buffer.alloc(20)
const base = packedObject({ type: 'blob', bytes: Buffer.alloc(1000, 'x') })
/** Sizes 1000 and 1,000,000 in seven bits a byte, then an instruction. */
const delta = Buffer.from([0xe8, 0x07, 0xc0, 0x84, 0x3d, 0x90, 0x0a])

/** An object with its kind, what names its base, and its content. */
function raw(kind: number, reference: Buffer, content: Buffer, size = content.length): Buffer {
  return Buffer.concat([Buffer.from([(kind << 4) | size]), reference, deflateSync(content)])
}

function pack(...objects: readonly Buffer[]): Buffer {
  return Buffer.concat([packHeader(objects.length), ...objects, TRAILER])
}

t.test('plain objects and both kinds of deltas', async t => {
  t.equal(oversizedObject(pack(base), 1000), undefined)
  t.equal(oversizedObject(pack(base), 999), 1000)
  const far = Buffer.from([0x81, 0x00])
  const named = Buffer.alloc(20, 0xff)
  for (const [kind, reference] of [
    [6, Buffer.from([0x10])],
    [6, far],
    [7, named],
  ] as const) {
    t.equal(oversizedObject(pack(base, raw(kind, reference, delta), base), 1_000_000), undefined)
    t.equal(oversizedObject(pack(base, raw(kind, reference, delta), base), 999_999), 1_000_000)
  }
})

t.test('a content that is longer than announced, and a pack that ends too early', async t => {
  t.throws(() => oversizedObject(pack(raw(3, Buffer.alloc(0), Buffer.alloc(5000), 3)), 10_000))
  t.throws(() => oversizedObject(Buffer.concat([packHeader(2), base, TRAILER]), 10_000))
})
