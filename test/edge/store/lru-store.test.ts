import { createLruStore } from '../../../src/edge/store/lru-store.ts';
import { objectStoreContract } from './object-store-contract.ts';

objectStoreContract('LRU by bytes', createLruStore);
