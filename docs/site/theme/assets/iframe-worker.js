// The search runs in a worker, and browsers start none from a file. A hidden frame of this page does the same there:
// it has this page's origin, loads the worker's script, and messages go to and fro as events.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(script) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.title = "search";
      this.frame.srcdoc = `<script src="${new URL(script, location.href)}"></` + `script>`;
      this.frame.addEventListener("load", () => this.loaded());
      const attach = () => document.body.append(this.frame);
      document.body ? attach() : addEventListener("DOMContentLoaded", attach);
    }

    loaded() {
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.send = (data) => inside.dispatchEvent(new inside.MessageEvent("message", { data }));
      this.waiting.splice(0).forEach(this.send);
    }

    postMessage(data) {
      this.send ? this.send(data) : this.waiting.push(data);
    }

    terminate() {
      this.frame.remove();
    }
  };
  window.Worker = window.IFrameWorker;
}
