<?php

use Illuminate\Database\Capsule\Manager as Database;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Routing\UrlGenerator;
use Illuminate\Session\Middleware\StartSession;

$router->get('/', fn () => $views->make('beranda', ['kota' => 'Kota <Batik>'])->render());

$router->get('/surat/{nomor}', fn (Request $request, UrlGenerator $url, string $nomor) => [
    'nomor' => $nomor,
    'halaman' => $request->query('halaman'),
    'alamat' => $url->route('surat', ['nomor' => $nomor]),
    'aman' => $request->secure(),
    'dari' => $request->ip(),
    'kunci' => $request->bearerToken(),
])->where('nomor', '[0-9]+')->name('surat');

$router->redirect('/lama', '/surat/1');

$router->get('/daftar', fn () => Database::table('agenda')->orderBy('id')->pluck('perihal'));

$router->group(['middleware' => StartSession::class], function () use ($router, $views): void {
    $forged = fn (Request $request): bool =>
        !hash_equals($request->session()->token(), (string) $request->input('_token'));

    $router->get('/unggah', fn (Request $request) => $views->make('unggah', [
        'token' => $request->session()->token(),
        'pesan' => $request->session()->get('pesan'),
    ])->render());

    $router->post('/unggah', function (Request $request) use ($forged) {
        if ($forged($request)) {
            return new Response('Formulir kedaluwarsa', 419);
        }
        if (!Database::schema()->hasTable('agenda')) {
            Database::schema()->create('agenda', function ($table): void {
                $table->increments('id');
                $table->string('perihal');
            });
        }
        Database::table('agenda')->insert(['perihal' => $request->input('perihal')]);
        $file = $request->file('berkas');
        $file->move(dirname(__DIR__) . '/storage/app/public', $file->getClientOriginalName());
        $request->session()->flash('pesan', "Tersimpan: {$request->input('perihal')}");
        return new RedirectResponse('/unggah');
    });

    $router->delete('/unggah/{id}', function (Request $request, int $id) use ($forged) {
        return $forged($request) ? new Response('Formulir kedaluwarsa', 419)
            : 'Terhapus: ' . Database::table('agenda')->delete($id);
    });
});
