<?php

// What Laravel's foundation does with its parts, as far as this application needs it.

use Illuminate\Config\Repository;
use Illuminate\Container\Container;
use Illuminate\Database\Capsule\Manager as Database;
use Illuminate\Events\Dispatcher;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Routing\CallableDispatcher;
use Illuminate\Routing\Contracts\CallableDispatcher as CallableDispatcherContract;
use Illuminate\Routing\Router;
use Illuminate\Routing\UrlGenerator;
use Illuminate\Session\SessionManager;
use Illuminate\View\Compilers\BladeCompiler;
use Illuminate\View\Engines\CompilerEngine;
use Illuminate\View\Engines\EngineResolver;
use Illuminate\View\Factory as Views;
use Illuminate\View\FileViewFinder;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

$base = dirname(__DIR__);
$files = new Filesystem();
$app = Container::setInstance(new Container());
$app->instance('files', $files);
$app->instance('config', new Repository(['session' => [
    'driver' => 'file', 'files' => "$base/storage/framework/sessions", 'lifetime' => 120, 'lottery' => [0, 1],
    'expire_on_close' => false, 'encrypt' => false, 'cookie' => 'sesi', 'path' => '/', 'domain' => null,
    'secure' => true, 'http_only' => true, 'same_site' => 'lax',
]]));
$app->instance('events', $events = new Dispatcher($app));
$app->instance(SessionManager::class, new SessionManager($app));
$app->bind(CallableDispatcherContract::class, fn ($app) => new CallableDispatcher($app));

$database = new Database($app);
$own = parse_ini_file('/site/private/database.ini');
$database->addConnection([
    'driver' => 'mysql', 'unix_socket' => $own['socket'], 'database' => $own['database'], 'username' => $own['user'],
    'password' => $own['password'], 'charset' => 'utf8mb4', 'collation' => 'utf8mb4_unicode_ci', 'prefix' => '',
]);
$database->setAsGlobal();

$engines = new EngineResolver();
$blade = new BladeCompiler($files, "$base/storage/framework/views");
$engines->register('blade', fn () => new CompilerEngine($blade, $files));
$views = new Views($engines, new FileViewFinder($files, ["$base/resources/views"]), $events);
$views->setContainer($app);

$router = new Router($events, $app);

return function (Request $request) use ($app, $base, $router, $views): Symfony\Component\HttpFoundation\Response {
    $app->instance(Request::class, $request);
    require "$base/routes/web.php";
    $router->getRoutes()->refreshNameLookups();
    $app->instance(UrlGenerator::class, new UrlGenerator($router->getRoutes(), $request));
    try {
        return $router->dispatch($request);
    } catch (NotFoundHttpException) {
        return new Response("Tidak ada: {$request->path()}", 404);
    }
};
