// The whole contract of the engines on the native one over https; git/native/contract.test.ts has it over file URLs.
import t from 'tap'
import { nativeEngine } from '../../src/git/native/engine.ts'
import { gitEngineContract } from '../contracts/git-engine.ts'
import { served } from '../contracts/git-https.ts'

const engine = nativeEngine({ ambient: process.env, allowFile: false, allowHttp: true })

gitEngineContract(t, { engine, remote: (t, repository) => served(t, repository).then(({ remote }) => remote) })
