/** All that `bankd up` and the processes that it starts load before they serve. */
import './main.ts';
import './commands/up.ts';
import './commands/frontend.ts';
import './commands/backend.ts';
import '../host/backend.ts';
import '../host/supervisor.ts';
