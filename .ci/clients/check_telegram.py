"""Drives bot libraries that others wrote against `heikin standin telegram`, unchanged: what they take
for Telegram must be enough like it. Usage: check_telegram.py PATH_OF_HEIKIN
"""

import asyncio
import io
import json
import struct
import subprocess
import sys
import urllib.request
import zlib

import aiogram
import telebot
import telegram
import telegram.ext
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telebot import apihelper

PERSON, STRANGER, GROUP = 1001, 1002, -2001
PATIENCE = 60


def check(name, holds, seen=None):
    """A fact; where it does not hold, all is over."""
    if not holds:
        sys.exit(f"FAILED: {name}: {seen!r}")
    print(f"ok: {name}")


def order(addresses, what, body):
    """An order to the stand-in itself."""
    request = urllib.request.Request(
        f"{addresses['api_url']}/standin/{what}", json.dumps(body).encode(),
        {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def picture():
    """A PNG of 40 by 30."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(b"\0" + bytes((x * 6, 90, 160)) * 40 for x in range(30))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))



async def check_python_telegram_bot(addresses):
    name = "python-telegram-bot"
    pressed, heard = asyncio.Event(), asyncio.Event()

    async def start(update, _context):
        keys = telegram.InlineKeyboardMarkup(
            [[telegram.InlineKeyboardButton("Yes", callback_data="yes")]])
        await update.message.reply_html("<b>Hello</b> &amp; welcome", reply_markup=keys)
        heard.set()

    async def press(update, _context):
        await update.callback_query.answer("Done", show_alert=True)
        await update.callback_query.edit_message_text("It is done")
        pressed.set()

    app = (telegram.ext.Application.builder().token(addresses["token"])
           .base_url(f"{addresses['api_url']}/bot").base_file_url(f"{addresses['api_url']}/file/bot")
           .build())
    app.add_handler(telegram.ext.CommandHandler("start", start))
    app.add_handler(telegram.ext.CallbackQueryHandler(press))
    async with app:
        await app.start()
        await app.updater.start_polling()
        order(addresses, "do", {"do": "send", "user": PERSON, "text": "/start"})
        await asyncio.wait_for(heard.wait(), PATIENCE)
        sent = (await app.bot.send_message(PERSON, "another")).message_id - 1
        order(addresses, "do", {"do": "press", "user": PERSON, "message": sent, "button": "Yes"})
        await asyncio.wait_for(pressed.wait(), PATIENCE)
        check(f"{name}: a command is answered, a button works", True)
        me = await app.bot.get_me()
        check(f"{name}: it knows itself", me.is_bot and me.username == "heikin_bot", me)
        shown = await app.bot.send_photo(PERSON, picture(), caption="<i>a picture</i>", parse_mode="HTML")
        check(f"{name}: a picture is sent", shown.photo[-1].width == 40, shown)
        got = await (await app.bot.get_file(shown.photo[-1].file_id)).download_as_bytearray()
        check(f"{name}: and fetched", bytes(got) == picture())
        other = telegram.InputMediaPhoto(picture(), caption="another one")
        edited = await app.bot.edit_message_media(other, PERSON, shown.message_id)
        check(f"{name}: and replaced", edited.caption == "another one", edited)
        check(f"{name}: a message is pinned", await app.bot.pin_chat_message(PERSON, sent))
        chat = await app.bot.get_chat(PERSON)
        check(f"{name}: and found", chat.pinned_message.message_id == sent, chat)
        commands = [telegram.BotCommand("status", "How it stands")]
        scope = telegram.BotCommandScopeChat(PERSON)
        await app.bot.set_my_commands(commands, scope=scope)
        kept = await app.bot.get_my_commands(scope=scope)
        check(f"{name}: commands by scope", kept == tuple(commands), kept)
        check(f"{name}: elsewhere none", await app.bot.get_my_commands() == ())
        for what, wrong, expected in [
            ("markup", lambda: app.bot.send_message(PERSON, "<b>x", parse_mode="HTML"), telegram.error.BadRequest),
            ("length", lambda: app.bot.send_message(PERSON, "x" * 4097), telegram.error.BadRequest),
            ("nothing new", lambda: app.bot.edit_message_text("It is done", PERSON, sent), telegram.error.BadRequest),
            ("a stranger", lambda: app.bot.send_message(STRANGER, "x"), telegram.error.Forbidden),
        ]:
            try:
                await wrong()
                check(f"{name}: refused: {what}", False)
            except expected:
                check(f"{name}: refused: {what}", True)
        order(addresses, "faults", {"kind": "too_many_requests", "seconds": 30, "chat": PERSON})
        try:
            await app.bot.send_message(PERSON, "x")
            check(f"{name}: too many", False)
        except telegram.error.RetryAfter as error:
            check(f"{name}: too many", 28 <= float(error._retry_after.total_seconds()) <= 30, error)
        order(addresses, "faults", {"kind": "clear"})
        await app.updater.stop()
        await app.stop()


async def check_aiogram(addresses):
    name = "aiogram"
    session = AiohttpSession(api=TelegramAPIServer.from_base(addresses["api_url"]))
    bot = aiogram.Bot(addresses["token"], session=session)
    dispatcher = aiogram.Dispatcher()
    heard = asyncio.get_running_loop().create_future()

    @dispatcher.message()
    async def message(received):
        await received.answer_document(
            aiogram.types.BufferedInputFile(b"a,b\n1,2\n", "fills.csv"), caption="fills")
        if not heard.done():
            heard.set_result(received)

    polling = asyncio.ensure_future(
        dispatcher.start_polling(bot, handle_signals=False, polling_timeout=5))
    order(addresses, "do", {
        "do": "send", "user": PERSON, "chat": GROUP, "guise": "anonymous_admin", "text": "/fills"})
    received = await asyncio.wait_for(heard, PATIENCE)
    check(f"{name}: an anonymous admin", received.sender_chat.id == GROUP, received)
    check(f"{name}: a command in a group", received.entities[0].type == "bot_command", received)
    order(addresses, "do", {"do": "block", "user": PERSON})
    try:
        await bot.send_message(PERSON, "x")
        check(f"{name}: blocked", False)
    except aiogram.exceptions.TelegramForbiddenError as error:
        check(f"{name}: blocked", "bot was blocked by the user" in str(error), error)
    order(addresses, "do", {"do": "unblock", "user": PERSON})
    await dispatcher.stop_polling()
    await polling


def check_telebot(addresses):
    name = "pyTelegramBotAPI"
    apihelper.API_URL = addresses["api_url"] + "/bot{0}/{1}"
    bot = telebot.TeleBot(addresses["token"], threaded=False)
    bot.get_updates(offset=-1)
    order(addresses, "do", {"do": "send", "user": PERSON, "text": "hello"})
    updates = bot.get_updates(timeout=5)
    check(f"{name}: a message", updates[-1].message.text == "hello", updates)
    after = updates[-1].update_id + 1
    check(f"{name}: confirmed once", bot.get_updates(offset=after, timeout=0) == [])
    sent = bot.send_message(PERSON, "to be deleted", reply_to_message_id=updates[-1].message.message_id)
    check(f"{name}: a reply", sent.reply_to_message.text == "hello", sent)
    check(f"{name}: deleted", bot.delete_message(PERSON, sent.message_id))
    sent = bot.send_photo(PERSON, io.BytesIO(picture()))
    again = bot.send_photo(PERSON, sent.photo[-1].file_id, caption="again")
    check(f"{name}: a picture by its id", again.photo[-1].width == 40, again)
    try:
        telebot.TeleBot("1:wrong", threaded=False).get_me()
        check(f"{name}: a wrong token", False)
    except apihelper.ApiTelegramException as error:
        check(f"{name}: a wrong token", error.error_code == 401, error)


def main():
    standin = subprocess.Popen([sys.argv[1], "standin", "telegram"], stdout=subprocess.PIPE, text=True)
    try:
        addresses = json.loads(standin.stdout.readline())
        asyncio.run(check_python_telegram_bot(addresses))
        asyncio.run(check_aiogram(addresses))
        check_telebot(addresses)
    finally:
        standin.terminate()
        ended = standin.wait(PATIENCE)
    check("the stand-in ends when it is told to", ended == 0, ended)


main()
