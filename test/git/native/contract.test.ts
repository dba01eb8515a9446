// The engine contract, run on the native engine over file URLs.
import t from 'tap'
import { nativeEngine } from '../../../src/git/native/engine.ts'
import { gitEngineContract } from '../../contracts/git-engine.ts'

gitEngineContract(t, {
  engine: nativeEngine({ allowFile: true, allowHttp: false, ambient: process.env }),
  remote: async (_, repository) => ({ url: repository.url }),
})
