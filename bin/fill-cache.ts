/** Loads what a bank's processes run, and so leaves it in the compile cache: see `bankd.ts`. */
import './bankd.ts';
import '../src/cli/servers.ts';
